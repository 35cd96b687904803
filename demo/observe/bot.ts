/** The bot of `--observe`: it answers people, has jobs of its own as cron gives every process, and can be looked at. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createGuard, install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { liveWithTheDemo, serveWebhook } from "../fleet/presence.js";
import { pause } from "../stage.js";
import { doJobs } from "./jobs.js";
import { metricsOf } from "./metrics.js";

const { BOT_TOKEN = "", API_ROOT = "" } = process.env;
/** Longer than Telegram waits for a webhook here, so that it delivers the update again. */
const slowMs = 2_500;

// Nobody lives in this town: its chat ids may be published.
const guard = createGuard({ publish: { chats: true } });
const bot = install(new Bot(BOT_TOKEN, { client: { apiRoot: API_ROOT } }), guard);

bot.command("pay", async (ctx) => {
  await pause(slowMs);
  await ctx.reply(`Paid! Here is ticket ${ctx.match}.`);
});
bot.on("message:text", (ctx) => ctx.reply(`You said: ${ctx.message.text}`));
bot.catch(() => {}); // counted by the metrics; Telegram need not come again

liveWithTheDemo();
const metrics = createServer(metricsOf(guard));
metrics.listen(0, "127.0.0.1", () => {
  serveWebhook(bot, (metrics.address() as AddressInfo).port);
  doJobs(bot.api);
});
