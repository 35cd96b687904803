/** Sends the messages 0 … COUNT-1, several at once, each to its own chat; then says how many and exits by itself. */

import { createInterface } from "node:readline";
import { install } from "@sendonce/grammy";
import { Api } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", COUNT = "0", WIDTH = "32", ON_BUSY = "wait" } = process.env;
const logger = {
  debug() {},
  info() {},
  warn() {},
  error: (fields: object, line: string) => console.log(`error ${line} ${JSON.stringify(fields)}`),
};
const onBusy = ON_BUSY === "reject" ? "reject" : "wait";
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), { idempotency: { onBusy }, logger });
const input = createInterface({ input: process.stdin });
console.log("ready");
input.once("line", () => {
  input.close();
  process.stdin.destroy();
  void sendAll();
});

async function sendAll(): Promise<void> {
  let next = 0;
  let failed = 0;
  const work = async () => {
    while (next < Number(COUNT)) {
      const n = next++;
      await api.sendMessage(1_000 + n, `message ${n}`).catch(() => failed++);
    }
  };
  await Promise.all(Array.from({ length: Number(WIDTH) }, work));
  console.log(`failed ${failed}`);
  console.log("done");
}
