/**
 * @grammyjs/auto-retry repeats a call whose answer was lost, though people have received the message. Beside
 * Sendonce, installed after it, that repetition is told "409 ambiguous" and nothing goes out twice.
 *
 * You need it no longer: Sendonce waits out 429s by itself. With both, take autoRetry({ rethrowHttpErrors: true }),
 * which spares the handler the three seconds that auto-retry sleeps here.
 *
 *     npx tsx examples/grammy-auto-retry.ts
 */
import { autoRetry } from "@grammyjs/auto-retry";
import { install, isSendonceRefusal } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } })); // first: auto-retry inside us would hide the 429s
bot.api.config.use(autoRetry());

bot.on("message:text", async (ctx) => {
  try {
    await ctx.reply(`Noted: ${ctx.message.text}.`);
  } catch (error) {
    if (!isSendonceRefusal(error)) throw error;
    console.log(`    (the handler is told: ${error.parameters.sendonce.code})`);
  }
});

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
console.log("Telegram asks to wait a second");
telegram.floods("sendMessage");
await telegram.says("Ann", "two herrings");
console.log("The next answer is lost");
telegram.losesAnswerTo("sendMessage");
await telegram.says("Ann", "a crab");
await bot.stop();
await telegram.close();

/* Prints:
Telegram asks to wait a second
Ann writes two herrings
    Ann receives Noted: two herrings.
The next answer is lost
Ann writes a crab
    (the handler is told: ambiguous)
    Ann receives Noted: a crab.
*/
