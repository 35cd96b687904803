/**
 * Broadcasts to the chats 1 … COUNT at RATE a second when told to go. Says what it holds in memory after a fifth and
 * at the end, whose outcome is unknown, and how it ended; then exits by itself.
 */
import { createInterface } from "node:readline";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { broadcast, install, tokenBucket } from "@sendonce/grammy";
import { Api } from "grammy";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const { BOT_TOKEN = "", API_ROOT = "", COUNT = "0", RATE = "200" } = process.env;
const count = Number(COUNT);
const rule = tokenBucket({ capacity: 50, refillPerSecond: Number(RATE) });
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), { limits: { bulk: rule, global: rule } });
const input = createInterface({ input: process.stdin });
console.log("ready");
input.once("line", () => {
  input.close();
  process.stdin.destroy();
  void run();
});

async function run(): Promise<void> {
  const unknown: number[] = [];
  const running = broadcast(api, chats(), "News", {
    id: "news",
    total: count,
    onFailed: ({ recipient, kind }) => void (kind === "unknown" && unknown.push(recipient)),
  });
  const { sent, replayed, done, elapsedMs } = await running;
  sayHeap("end");
  console.log(`unknown ${JSON.stringify(unknown)}`);
  console.log(`result ${JSON.stringify({ sent, replayed, done, elapsedMs: Math.round(elapsedMs) })}`);
  console.log("done");
}

function* chats(): Generator<number> {
  for (let chat = 1; chat <= count; chat++) {
    yield chat;
    if (chat === count / 5) sayHeap("fifth");
  }
}

function sayHeap(when: string): void {
  collect();
  console.log(`heap ${when} ${process.memoryUsage().heapUsed}`);
}
