/**
 * The bot, as every process of a fleet runs it. The guarded fleet has REDIS_URL in its environment, the plain one
 * has not: nothing else differs.
 */
import { autoRetry } from "@grammyjs/auto-retry";
import { delivery, install, isSendonceRefusal } from "@sendonce/grammy";
import { Bot } from "grammy";
import { pause } from "../stage.js";
import type { Failure, Job } from "./job.js";
import { liveWithTheDemo, serveWebhook, tell } from "./presence.js";

const { BOT_TOKEN = "", API_ROOT = "", PROVIDER_URL = "", REDIS_URL } = process.env;

const bot = new Bot(BOT_TOKEN, { client: { apiRoot: API_ROOT } });
if (REDIS_URL) install(bot); // the only difference
bot.api.config.use(autoRetry());

bot.command("pay", async (ctx) => {
  await fetch(PROVIDER_URL); // answers when it has the money
  await ctx.reply("Paid! Here is your ticket.");
});
bot.on("message:text", (ctx) => ctx.reply(`You said: ${ctx.message.text}`));

async function post({ chat, text, at }: Job & { kind: "post" }): Promise<Failure[]> {
  await pause(at - Date.now());
  return failuresOf(chat, bot.api.sendMessage(chat, text));
}

async function broadcast({ chats, text, width }: Job & { kind: "broadcast" }): Promise<Failure[]> {
  const failures: Failure[] = [];
  const list = chats.values(); // shared by the lanes
  const lane = async () => {
    for (const chat of list) {
      // plain grammY takes no notice of delivery()
      const send = bot.api.sendMessage(chat, text, delivery({ priority: "bulk" }));
      failures.push(...(await failuresOf(chat, send)));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return failures;
}

const failuresOf = (chat: number | string, send: Promise<unknown>): Promise<Failure[]> =>
  send.then(
    () => [],
    (error: unknown) => [{ chat, code: codeOf(error) }],
  );

const codeOf = (error: unknown): string =>
  isSendonceRefusal(error) ? error.parameters.sendonce.code : String(error);

// What follows is no bot: it lets the demo talk to this process and end it.
process.on("message", async (job: Job) => {
  tell({ kind: "finished", failures: await (job.kind === "post" ? post(job) : broadcast(job)) });
});
liveWithTheDemo();
serveWebhook(bot);
