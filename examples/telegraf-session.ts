/**
 * A session. What a handler does beside sending is yours to keep: an update that was handled is not handled again, so
 * a session is not written twice either.
 *
 *     npx tsx examples/telegraf-session.ts
 */
import { install } from "@sendonce/telegraf";
import { type Context, session, Telegraf } from "telegraf";
import { message } from "telegraf/filters";
import { openTelegram } from "./offline.js";

interface Sailor extends Context {
  session: { ship?: string };
}

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Telegraf<Sailor>(token, { telegram: { apiRoot } }));

bot.use(session({ defaultSession: () => ({}) }));
bot.command("where", (ctx) => ctx.reply(`You are on the ${ctx.session.ship ?? "quay"}.`));
bot.on(message("text"), async (ctx) => {
  ctx.session.ship = ctx.message.text;
  await ctx.reply(`Welcome aboard the ${ctx.session.ship}!`);
});

// Everything above is a bot as you would write it. This is what happens to it:
const running = bot.launch();
await telegram.says("Ann", "Marigold");
await telegram.redelivers();
await telegram.says("Bob", "/where");
await telegram.says("Ann", "/where");
bot.stop();
await running;
await telegram.close();

/* Prints:
Ann writes Marigold
    Ann receives Welcome aboard the Marigold!
Telegram delivers that once more
Bob writes /where
    Bob receives You are on the quay.
Ann writes /where
    Ann receives You are on the Marigold.
*/
