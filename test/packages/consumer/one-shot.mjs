import { install } from "@sendonce/grammy";
import { Api } from "grammy";

const [apiRoot, chat] = process.argv.slice(2);
const api = install(new Api("4242:consumer", { apiRoot }));
await api.sendMessage(Number(chat), "from cron");
console.log(JSON.stringify({ sent: true }));
