/**
 * The smallest bot on grammY. Ann's /start comes twice, as happens when a bot restarts before Telegram knows how far
 * it had come: she is welcomed once.
 *
 *     npx tsx examples/grammy-hello.ts
 */
import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

bot.command("start", (ctx) => ctx.reply("Welcome!"));
bot.on("message:text", (ctx) => ctx.reply(`You said: ${ctx.message.text}`));

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
await telegram.says("Ann", "/start");
await telegram.redelivers();
await telegram.says("Ann", "ahoy");
await bot.stop();
await telegram.close();

/* Prints:
Ann writes /start
    Ann receives Welcome!
Telegram delivers that once more
Ann writes ahoy
    Ann receives You said: ahoy
*/
