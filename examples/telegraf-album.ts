/**
 * Albums, of bytes and of files on disk. Two machines run the same cron job, an answer of Telegram is lost, an update
 * comes twice: each album goes out once.
 *
 *     npx tsx examples/telegraf-album.ts
 */
import { fileURLToPath } from "node:url";
import { delivery, install, isSendonceRefusal } from "@sendonce/telegraf";
import { Telegraf } from "telegraf";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Telegraf(token, { telegram: { apiRoot } }));

const rules = fileURLToPath(new URL("./README.md", import.meta.url));

/** The harbour's news of one day, in two files: recognised by what is in them, whoever opened them. */
const news = (day: string) => [
  {
    type: "document" as const,
    media: { source: Buffer.from("high 06:12, low 12:30"), filename: "tides.txt" },
    caption: `Tides on ${day}`,
  },
  { type: "document" as const, media: { source: rules, filename: "rules.txt" }, caption: `Rules on ${day}` },
];

/** Tries again after a failure, as every job does. */
async function publish(day: string, attempts = 2): Promise<void> {
  try {
    // Found equal by its content alone, too; a key says which album is meant.
    const keyed = { ...delivery({ key: `news-${day}` }) };
    await bot.telegram.sendMediaGroup(telegram.channel, news(day), keyed);
  } catch (error) {
    // "ambiguous": it may well be there. A person looks, or the job leaves it at that.
    if (isSendonceRefusal(error))
      return console.log(`${day}: ${error.parameters.sendonce.code}, not repeated`);
    if (attempts === 1) throw error;
    await publish(day, attempts - 1);
  }
}

bot.command("news", (ctx) => ctx.replyWithMediaGroup(news("Sunday")));

// Everything above is a bot as you would write it. This is what happens to it:
console.log("Two machines run the job of Monday");
await Promise.all([publish("Monday"), publish("Monday")]);
telegram.shows();

console.log("The answer to Tuesday's album is lost");
telegram.losesAnswerTo("sendMediaGroup");
await publish("Tuesday");
telegram.shows();

const running = bot.launch();
await telegram.says("Ann", "/news");
await telegram.redelivers();
bot.stop();
await running;
await telegram.close();

/* Prints:
Two machines run the job of Monday
    @harbour_news receives [document 1 of an album] Tides on Monday
    @harbour_news receives [document 2 of an album] Rules on Monday
The answer to Tuesday's album is lost
Tuesday: ambiguous, not repeated
    @harbour_news receives [document 1 of an album] Tides on Tuesday
    @harbour_news receives [document 2 of an album] Rules on Tuesday
Ann writes /news
    Ann receives [document 1 of an album] Tides on Sunday
    Ann receives [document 2 of an album] Rules on Sunday
Telegram delivers that once more
*/
