/**
 * Formatted text by @grammyjs/parse-mode. What is bold is part of a message's content: the same words without
 * it are another message and go out too; the whole, delivered twice, goes out once.
 *
 *     npx tsx examples/grammy-parse-mode.ts
 */
import { b, fmt, i } from "@grammyjs/parse-mode";
import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

bot.command("ferry", async (ctx) => {
  const plan = fmt`${b}Skye${b}, ${i}daily${i} at nine`;
  await ctx.reply(plan.text, { entities: plan.entities });
  await ctx.reply(plan.text); // for people with old phones
});

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
await telegram.says("Ann", "/ferry");
await telegram.redelivers();
await bot.stop();
await telegram.close();

/* Prints:
Ann writes /ferry
    Ann receives Skye, daily at nine
    Ann receives Skye, daily at nine
Telegram delivers that once more
*/
