import { install } from "@sendonce/grammy";
import { Bot } from "grammy";

const [apiRoot, chat] = process.argv.slice(2);
const bot = install(new Bot("4242:consumer", { client: { apiRoot } }));
const first = await bot.api.sendMessage(Number(chat), "from ESM");
const again = await bot.api.sendMessage(Number(chat), "from ESM");
console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
