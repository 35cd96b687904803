/**
 * Messages with methods by @grammyjs/hydrate, behind a webhook. The printer fails after the first reply, so Telegram
 * delivers the update again: the handler gets its first message back, with its methods, and goes on with it.
 *
 *     npx tsx examples/grammy-hydrate.ts
 */
import { type HydrateFlavor, hydrateApi } from "@grammyjs/hydrate";
import { deliveryOf, install } from "@sendonce/grammy";
import { Bot, type Context, webhookCallback } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

/** HydrateFlavor<Context> says this of everything, where `exactOptionalPropertyTypes` is off. */
type Hydrated = Pick<HydrateFlavor<Context>, "reply"> & Context;

// install() first: what comes later wraps it, and puts its methods on replayed messages too.
const bot = install(new Bot<Hydrated>(token, { client: { apiRoot } }));
bot.api.config.use(hydrateApi());

let sheets = 0;
async function print(): Promise<void> {
  if (++sheets === 1) throw new Error("paper jam");
}

bot.command("print", async (ctx) => {
  const status = await ctx.reply("Printing …");
  await print();
  if (deliveryOf(status)?.replayed) console.log("    (the handler has its first message again)");
  await status.editText("Printed."); // without Sendonce, the "Printing …" of the first run would stay for ever
  await ctx.reply("Your ticket lies in the tray.");
});

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(webhookCallback(bot, "http"));
await telegram.says("Ann", "/print");
await telegram.close();

/* Prints:
Ann writes /print
    (the handler has its first message again)
    Ann receives Printing …
    Ann receives Your ticket lies in the tray.
*/
