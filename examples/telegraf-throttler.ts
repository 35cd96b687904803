/**
 * From telegraf-throttler to Sendonce: its numbers become rules, and what it never did comes with them. A flood is
 * obeyed, and an order that is delivered twice is answered once.
 *
 *     npx tsx examples/telegraf-throttler.ts
 */
import { install, limitsFromThrottler } from "@sendonce/telegraf";
import { Telegraf } from "telegraf";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot, channel } = telegram;

/** What was given to telegrafThrottler() in bot.use(telegrafThrottler(config)). */
const config = {
  out: { minTime: 25, reservoir: 30, reservoirRefreshAmount: 30, reservoirRefreshInterval: 1_000 },
  group: { reservoir: 20, reservoirRefreshAmount: 20, reservoirRefreshInterval: 60_000 },
  in: { highWater: 3, maxConcurrent: 1, minTime: 333 }, // threw away what people wrote; nothing stands in for it
};

const limits = limitsFromThrottler(config, { from: "telegraf-throttler" });
const bot = install(new Telegraf(token, { telegram: { apiRoot } }), { limits });

bot.hears("cake", async (ctx) => {
  await ctx.reply("One cake, coming up.");
  await bot.telegram.sendMessage(channel, "A cake was sold."); // the throttler never saw bot.telegram
});

// Everything above is a bot as you would write it. This is what happens to it:
void bot.launch();
await telegram.says("Ann", "cake");
await telegram.redelivers();
telegram.floods("sendMessage");
await telegram.says("Bob", "cake");
bot.stop();
await telegram.close();

/* Prints:
Ann writes cake
    Ann receives One cake, coming up.
    @harbour_news receives A cake was sold.
Telegram delivers that once more
Bob writes cake
    Bob receives One cake, coming up.
    @harbour_news receives A cake was sold.
*/
