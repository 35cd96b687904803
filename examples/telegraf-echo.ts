/**
 * The smallest bot. Ann's message comes twice, as happens when a bot restarts before Telegram knows how far it had
 * come: she gets one echo.
 *
 *     npx tsx examples/telegraf-echo.ts
 */
import { install } from "@sendonce/telegraf";
import { Telegraf } from "telegraf";
import { message } from "telegraf/filters";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Telegraf(token, { telegram: { apiRoot } }));

bot.start((ctx) => ctx.reply("Say something."));
bot.on(message("text"), (ctx) => ctx.reply(`You said: ${ctx.message.text}`));

// Everything above is a bot as you would write it. This is what happens to it:
const running = bot.launch();
await telegram.says("Ann", "/start");
await telegram.says("Ann", "ahoy");
await telegram.redelivers();
bot.stop();
await running;
await telegram.close();

/* Prints:
Ann writes /start
    Ann receives Say something.
Ann writes ahoy
    Ann receives You said: ahoy
Telegram delivers that once more
*/
