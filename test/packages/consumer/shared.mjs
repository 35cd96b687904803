import { install } from "@sendonce/grammy";
import { Api } from "grammy";

// With REDIS_URL in the environment, and with no Redis to be found there.
const [apiRoot, chat] = process.argv.slice(2);
const api = install(new Api("4242:consumer", { apiRoot }));
const message = await api.sendMessage(Number(chat), "from everywhere");
console.log(JSON.stringify({ id: message.message_id }));
