/**
 * A webhook on node:http. The payment provider is slower than Telegram's patience, so the same update comes again
 * while the first run is still at it: one payment, one ticket.
 *
 *     npx tsx examples/telegraf-webhook.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { install } from "@sendonce/telegraf";
import { Telegraf } from "telegraf";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram({ webhookTimeoutMs: 1_000 }); // the real one waits 60 s
const { token, apiRoot } = telegram;

// A reply in the HTTP response could never be confirmed: install() sends all replies as calls of their own.
const bot = install(new Telegraf(token, { telegram: { apiRoot } }));

/** Takes its time, and knows a payment that comes twice. */
const payments = new Map<number, Promise<unknown>>();
async function pay(customer: number): Promise<void> {
  if (!payments.has(customer)) payments.set(customer, pause(1_400));
  await payments.get(customer);
}

bot.command("pay", async (ctx) => {
  await ctx.reply("One moment …");
  await pay(ctx.from.id);
  await ctx.reply("Paid! Here is your ticket.");
});

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(bot.webhookCallback());
await telegram.says("Ann", "/pay");
await telegram.close();

/* Prints:
Ann writes /pay
    Ann receives One moment …
    Ann receives Paid! Here is your ticket.
*/
