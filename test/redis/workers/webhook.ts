/** A slow bot behind a webhook; prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { install } from "@sendonce/grammy";
import { Bot, webhookCallback } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", HANDLER_MS = "0" } = process.env;
const bot = install(new Bot(BOT_TOKEN, { client: { apiRoot: API_ROOT } }));
bot.on("message", async (ctx) => {
  await new Promise((resolve) => setTimeout(resolve, Number(HANDLER_MS)));
  await ctx.reply(`re: ${ctx.message.text}`);
});
const handle = webhookCallback(bot, "http", { timeoutMilliseconds: 60_000 });
const server = createServer((request, response) => {
  handle(request, response).catch(() => response.writeHead(500).end());
});
server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
