/**
 * Rules of your own. Each person gets two messages at once and then two a second, in groups the bot speaks ten times a
 * minute and no more, and a drawing, which costs money, may be had twice an hour.
 *
 *     npx tsx examples/own-rule.ts
 */
import { createGuard, install, tokenBucket, window } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const guard = createGuard({
  limits: {
    // By name, for what the bot sends; `chat`, `bulk`, `global` and `paid` stay as they are.
    user: tokenBucket({ capacity: 2, refillPerSecond: 2 }),
    group: window({ limit: 10, perMs: 60_000 }),
  },
});
const bot = install(new Bot(token, { client: { apiRoot } }), guard);

/** A limit for anything else stands beside them, under any id. It says at once whether it may be. */
const drawings = window({ limit: 2, perMs: 3_600_000 });

bot.command("draw", async (ctx) => {
  const { acquired, retryAfterMs } = await guard.limiter.acquire(
    `draw-${ctx.me.id}-${ctx.from?.id}`,
    drawings,
  );
  if (acquired) await ctx.reply(`A boat at ${ctx.match}.`);
  else await ctx.reply(`Two drawings an hour; come again in ${Math.ceil(retryAfterMs / 60_000)} minutes.`);
});
bot.command("count", async (ctx) => {
  for (const number of ["one", "two", "three", "four"]) await ctx.reply(number);
});

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
for (const place of ["dawn", "noon", "dusk"]) await telegram.says("Ann", `/draw ${place}`);
const began = performance.now();
await telegram.says("Bob", "/count");
await telegram.redelivers();
console.log(`Bob's third and fourth had to wait: ${performance.now() - began > 900}`);
await bot.stop();
await telegram.close();

/* Prints:
Ann writes /draw dawn
    Ann receives A boat at dawn.
Ann writes /draw noon
    Ann receives A boat at noon.
Ann writes /draw dusk
    Ann receives Two drawings an hour; come again in 60 minutes.
Bob writes /count
    Bob receives one
    Bob receives two
    Bob receives three
    Bob receives four
Telegram delivers that once more
Bob's third and fourth had to wait: true
*/
