/**
 * Text that comes word by word, by @grammyjs/stream: drafts while it grows, then a message. The update is delivered
 * again after that: drafts are free, and the message is there already.
 *
 * The plugin asks for Node 22; the first lines make up for what Node 20 has not.
 *
 *     npx tsx examples/grammy-stream.ts
 */
import { type StreamFlavor, stream } from "@grammyjs/stream";
import { install } from "@sendonce/grammy";
import { Bot, type Context } from "grammy";
import { openTelegram } from "./offline.js";

if (!("withResolvers" in Promise)) Object.assign(Promise, { withResolvers });
function withResolvers() {
  let settle = {};
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot<StreamFlavor<Context>>(token, { client: { apiRoot } }));

async function* model(question: string) {
  yield "The tide ";
  yield "comes in ";
  yield `at six. You asked: ${question}`;
}

bot.use(stream());
bot.on("message:text", (ctx) => ctx.replyWithStream(model(ctx.message.text)));

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
await telegram.says("Ann", "When is high tide?");
await telegram.redelivers();
await bot.stop();
await telegram.close();

/* Prints:
Ann writes When is high tide?
    Ann receives The tide comes in at six. You asked: When is high tide?
Telegram delivers that once more
*/
