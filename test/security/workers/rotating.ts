/** Sends in three ways, tells of each whether it was sent or replayed, and exits by itself. */

import { createInterface } from "node:readline";
import { delivery, deliveryOf, insideUpdate, install, openUpdate } from "@sendonce/grammy";
import { Api } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", SECRETS = "" } = process.env;
const bot = BOT_TOKEN.split(":")[0] as string;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), {
  idempotency: { secret: SECRETS.split(" ") },
  logger,
});
const input = createInterface({ input: process.stdin });
console.log("ready");
input.once("line", () => {
  input.close();
  process.stdin.destroy();
  void sendAll();
});

async function sendAll(): Promise<void> {
  await tell("content", () => api.sendMessage(1, "by its content"));
  await tell("key", () => api.sendMessage(2, "by a key", { ...delivery({ key: "invoice-42" }) }));
  await tell("update", () => insideUpdate(openUpdate(bot, 5), () => api.sendMessage(3, "by an update")));
  console.log("done");
}

async function tell(way: string, send: () => Promise<object>): Promise<void> {
  console.log(`${way} ${deliveryOf(await send())?.replayed ? "replayed" : "sent"}`);
}
