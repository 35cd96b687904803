/**
 * A wizard of three steps, behind a webhook. The kitchen answers so late that Telegram delivers Ann's last answer
 * again while its step is still at work: the step speaks once, and the wizard is left once.
 *
 *     npx tsx examples/telegraf-wizard.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { install } from "@sendonce/telegraf";
import { Scenes, session, Telegraf } from "telegraf";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram({ webhookTimeoutMs: 1_000 }); // the real one waits 60 s
const { token, apiRoot } = telegram;

const bot = install(new Telegraf<Scenes.WizardContext>(token, { telegram: { apiRoot } }));

/** Takes its time, and knows an order that comes twice. */
const orders = new Map<string, Promise<unknown>>();
async function bake(pizza: string): Promise<void> {
  if (!orders.has(pizza)) orders.set(pizza, pause(1_400));
  await orders.get(pizza);
}

const order = new Scenes.WizardScene<Scenes.WizardContext>(
  "order",
  async (ctx) => {
    await ctx.reply("Which pizza?");
    ctx.wizard.next();
  },
  async (ctx) => {
    Object.assign(ctx.wizard.state, { pizza: ctx.text });
    await ctx.reply("Which street?");
    ctx.wizard.next();
  },
  async (ctx) => {
    const { pizza } = ctx.wizard.state as { pizza: string };
    await ctx.reply(`Baking a ${pizza} …`);
    await bake(pizza);
    await ctx.reply(`Your ${pizza} is on its way to ${ctx.text}.`);
    await ctx.scene.leave();
  },
);

bot.use(session());
bot.use(new Scenes.Stage([order]).middleware());
bot.command("order", (ctx) => ctx.scene.enter("order"));

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(bot.webhookCallback());
await telegram.says("Ann", "/order");
await telegram.says("Ann", "Napoli");
await telegram.says("Ann", "Harbour Road 3");
await telegram.close();

/* Prints:
Ann writes /order
    Ann receives Which pizza?
Ann writes Napoli
    Ann receives Which street?
Ann writes Harbour Road 3
    Ann receives Baking a Napoli …
    Ann receives Your Napoli is on its way to Harbour Road 3.
*/
