import { install } from "@sendonce/telegraf";
import { Telegraf } from "telegraf";

const [apiRoot, chat] = process.argv.slice(2);
const bot = install(new Telegraf("4242:consumer", { telegram: { apiRoot } }));
const first = await bot.telegram.sendMessage(Number(chat), "from Telegraf, ESM");
const again = await bot.telegram.sendMessage(Number(chat), "from Telegraf, ESM");
console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
