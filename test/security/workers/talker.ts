/** Says the same thing several times, in ways that fail, and ends by itself; its texts and keys come from outside. */

import { delivery, install } from "@sendonce/grammy";
import { Api } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", TEXT = "", KEY = "", SECRET = "", LOGGER } = process.env;
const logger = LOGGER === "console" ? console : undefined;
const idempotency = { secret: SECRET };
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), { idempotency, ...(logger && { logger }) });
for (const text of [TEXT, TEXT, `${TEXT} and more`]) {
  await api
    .sendMessage(7, text, { ...delivery({ key: KEY }) })
    .catch(({ message }: Error) => console.log(message));
  await api.sendMessage(8, text);
}
await install(new Api(BOT_TOKEN, { apiRoot: "http://127.0.0.1:1" }), { idempotency })
  .sendMessage(9, TEXT)
  .catch(({ message }: Error) => console.log(message));
console.log("done");
