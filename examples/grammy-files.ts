/**
 * Downloads by @grammyjs/files: people send a text, the bot answers with what it counted and with the text in
 * capitals. Ann's file is delivered twice: she gets one answer and one file.
 *
 *     npx tsx examples/grammy-files.ts
 */
import { type FileFlavor, hydrateFiles } from "@grammyjs/files";
import { install } from "@sendonce/grammy";
import { Bot, type Context, InputFile } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot<FileFlavor<Context>>(token, { client: { apiRoot } }));
bot.api.config.use(hydrateFiles(token, { apiRoot }));

bot.on("message:document", async (ctx) => {
  const file = await ctx.getFile(); // get… is passed through, never held back
  const text = await (await fetch(file.getUrl())).text(); // download() does it too, where Telegram is https
  await ctx.reply(`${text.trim().split("\n").length} lines.`);
  // Bytes and files on disk are recognised by their content; a stream cannot be, and is not sent a second time.
  await ctx.replyWithDocument(new InputFile(Buffer.from(text.toUpperCase()), "loud.txt"));
});

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
await telegram.sends("Ann", "song.txt", "row, row\nrow your boat\n");
await telegram.redelivers();
await bot.stop();
await telegram.close();

/* Prints:
Ann sends song.txt
    Ann receives 2 lines.
    Ann receives [document]
Telegram delivers that once more
*/
