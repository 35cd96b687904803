/**
 * Albums, which count as several messages and cannot be told apart from a second copy afterwards. Two machines run
 * the same cron job, an answer of Telegram is lost, an update comes twice: each album goes out once.
 *
 *     npx tsx examples/grammy-album.ts
 */
import { install, isSendonceRefusal, withDelivery } from "@sendonce/grammy";
import { Bot, InputFile, InputMediaBuilder } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

const page = (name: string, text: string) =>
  InputMediaBuilder.document(new InputFile(Buffer.from(text), `${name}.txt`), { caption: name });

/** The harbour's news of one day, in two files. Equal bytes are equal albums, whoever made them. */
const news = (day: string) => [
  page(`Tides on ${day}`, "high 06:12, low 12:30"),
  page(`Ferries on ${day}`, "Skye 09:00"),
];

/** Tries again after a failure, as every job does. */
async function publish(day: string, attempts = 2): Promise<void> {
  try {
    // Found equal by its content alone, too; a key says which album is meant.
    await withDelivery({ key: `news-${day}` }, () => bot.api.sendMediaGroup(telegram.channel, news(day)));
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

void bot.start();
await telegram.says("Ann", "/news");
await telegram.redelivers();
await bot.stop();
await telegram.close();

/* Prints:
Two machines run the job of Monday
    @harbour_news receives [document 1 of an album] Tides on Monday
    @harbour_news receives [document 2 of an album] Ferries on Monday
The answer to Tuesday's album is lost
Tuesday: ambiguous, not repeated
    @harbour_news receives [document 1 of an album] Tides on Tuesday
    @harbour_news receives [document 2 of an album] Ferries on Tuesday
Ann writes /news
    Ann receives [document 1 of an album] Tides on Sunday
    Ann receives [document 2 of an album] Ferries on Sunday
Telegram delivers that once more
*/
