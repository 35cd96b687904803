/**
 * A bot under constant load: sends with bursts, duplicates, edits, updates and broadcasts, near its limits. Told
 * "sample" it says what it holds, told "stop" it comes to rest, says "idle", closes and exits by itself.
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { redisStore } from "@sendonce/core/redis";
import { broadcast, createGuard, install, tokenBucket, window } from "@sendonce/grammy";
import { Bot } from "grammy";
import { attempt } from "../kit/attempt.js";
import { History } from "../kit/history.js";
import { Seeded } from "../kit/seeded.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const { REDIS_URL, BOT_TOKEN, API_ROOT, HISTORIES, PROCESS, SEED } = process.env as Record<string, string>;
const everyMs = 40;
const ttlMs = 2_000;
const guard = createGuard({
  store: redisStore(REDIS_URL!),
  idempotency: { ttlMs, updateTtlMs: ttlMs },
  limits: {
    chat: tokenBucket({ capacity: 10, refillPerSecond: 5 }),
    group: window({ limit: 20, perMs: 2_000 }),
    bulk: tokenBucket({ capacity: 20, refillPerSecond: 40 }),
    global: tokenBucket({ capacity: 30, refillPerSecond: 120 }),
  },
  maxWaitMs: 2_000,
  // A rate that was lowered is remembered for minutes.
  flood: { adaptive: false },
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
let isAway = false;
guard.on("mode", ({ mode }) => {
  isAway = mode !== "shared";
});
const botInfo = { id: 4242, is_bot: true as const, first_name: "Busy", username: "busy_bot" };
const bot = install(
  new Bot(BOT_TOKEN!, { botInfo: botInfo as never, client: { apiRoot: API_ROOT! } }),
  guard,
);
bot.on("message", (ctx) => ctx.reply(`re: ${ctx.message.text} ${PROCESS}`));

const history = new History(HISTORIES!, PROCESS!);
const random = new Seeded(Number(SEED));
const open = new Set<Promise<unknown>>();
let tookMs: number[] = [];
let stopped = false;
let count = 0;

/** In nobody's way: what waits for its turn does not hold up the load. */
function begin(work: Promise<unknown>): void {
  const done = work.catch(() => {}).finally(() => open.delete(done));
  open.add(done);
}

async function timed(work: Promise<unknown>): Promise<void> {
  const from = performance.now();
  await work;
  tookMs.push(performance.now() - from);
}

const send = (chat: number, text: string) => attempt(history, text, () => bot.api.sendMessage(chat, text));

function something(): void {
  const n = count++;
  const text = `${PROCESS} ${n}`;
  const kind = random.between(1, 20);
  if (kind <= 9) begin(timed(send(1_000 + (n % 50), text)));
  else if (kind <= 11) begin(Promise.all([send(1_000 + (n % 50), text), send(1_000 + (n % 50), text)]));
  else if (kind <= 14) begin(send(-1 - (n % 3), text));
  else if (kind <= 16) begin(bot.api.editMessageText(1_000, 1, text));
  else if (kind <= 19) begin(bot.handleUpdate(update(n)));
  else burst(n);
}

function burst(n: number): void {
  for (let i = 0; i < 10; i++) begin(send(2_000 + i, `${PROCESS} ${n} burst ${i}`));
}

function update(n: number) {
  const chat = { id: 3_000 + (n % 20), type: "private" as const, first_name: "A" };
  const message = { message_id: n, date: 1, chat, from: { ...chat, is_bot: false }, text: `hi ${n}` };
  return { update_id: 1_000_000 * (1 + (Number(SEED) % 1_000)) + n, message } as never;
}

async function news(): Promise<void> {
  const people = Array.from({ length: 20 }, (_, i) => 4_000 + i);
  for (let issue = 0; !stopped; issue++) {
    await broadcast(bot.api, people, `${PROCESS} news ${issue}`, { id: `${PROCESS} ${issue}`, ttlMs });
    await pause(2_000);
  }
}

async function load(): Promise<void> {
  begin(news());
  while (!stopped) {
    something();
    await pause(everyMs);
  }
  while (open.size > 0) await Promise.all(open);
  // What a store that is away has not taken is lost with the process, and stands in it until its lease is over.
  while (isAway) await pause(50);
}

function sample(): void {
  collect();
  const handles = process.getActiveResourcesInfo().filter((name) => name !== "Immediate").length;
  const sorted = tookMs.sort((one, other) => one - other);
  tookMs = [];
  const figures = {
    heap: process.memoryUsage().heapUsed,
    handles,
    latencyMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    calls: count,
  };
  console.log(`sample ${JSON.stringify(figures)}`);
}

const loading = new Promise<void>((resolve) => {
  const input = createInterface({ input: process.stdin });
  input.on("line", (line) => {
    if (line === "go") resolve();
    if (line === "sample") sample();
    if (line === "stop") {
      stopped = true;
      input.close();
      process.stdin.destroy();
    }
  });
});
await guard.store.ping();
console.log("ready");
await loading;
await load();
console.log("idle");
await guard.close();
history.close();
console.log("closed");
