/**
 * Many chats at once by @grammyjs/runner, each in its own order by sequentialize(). The runner confirms updates as
 * soon as it has fetched them; Bob's comes again while the first is still at work: he gets one report.
 *
 *     npx tsx examples/grammy-runner.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { run, sequentialize } from "@grammyjs/runner";
import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

bot.use(sequentialize((ctx) => String(ctx.chatId)));
bot.command("report", async (ctx) => {
  await ctx.reply("Counting boats …");
  await pause(200);
  await ctx.reply(`Report for ${ctx.from?.first_name}: 12 boats.`);
});

// Everything above is a bot as you would write it. This is what happens to it:
const runner = run(bot);
telegram.waitsWhile(() => runner.size() > 0);
await Promise.all([telegram.says("Ann", "/report"), telegram.says("Bob", "/report"), telegram.redelivers()]);
await runner.stop();
await telegram.close();

/* Prints:
Ann writes /report
Bob writes /report
Telegram delivers that once more
    Bob receives Counting boats …
    Bob receives Report for Bob: 12 boats.
    Ann receives Counting boats …
    Ann receives Report for Ann: 12 boats.
*/
