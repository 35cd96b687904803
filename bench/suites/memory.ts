import type { Store } from "@sendonce/core";
import { createGuard, type Guard } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import type { RedisServer } from "../../test/kit/redis/server.js";
import { median, shown } from "../kit/figures.js";

const count = Number(process.env.BENCH_KEYS ?? 100_000);
const bot = "1234567890";
const answer = (chat: number, n: number) => ({
  type: "response" as const,
  body: {
    ok: true as const,
    result: {
      message_id: 1_000 + n,
      date: 1_760_000_000,
      chat: { id: chat, type: chat > 0 ? "private" : "supergroup" },
    },
  },
});

/** What is sent, and which keys that leaves. */
interface Case {
  readonly what: string;
  readonly keys: RegExp;
  readonly target: string;
  fill(guard: Guard, store: Store): Promise<void>;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const cases: readonly Case[] = [
  {
    what: "record with its minimal result",
    keys: /:r:/,
    target: "160 (stretch 50)",
    fill: (guard) => many((i) => send(guard, 1 + i, `text ${i}`)),
  },
  {
    what: "active private chat",
    keys: /:l:chat:\d/,
    target: "100",
    fill: (guard) => many((i) => send(guard, 7_000_000_000 + i, `text ${i}`)),
  },
  {
    what: "group with a full window (20)",
    keys: /:l:chat:-/,
    target: "240",
    fill: (_, store) => many((i) => fullGroup(store, i)),
  },
];

/** Bytes in Redis, as MEMORY USAGE tells them of a sample and as `used_memory` grows, each from an empty server. */
export async function memory(server: RedisServer) {
  const admin = server.connect();
  const rows = [];
  for (const each of cases) rows.push(await measured(admin, server.url, each));
  rows.push({
    what: "idle chat (keys left when its rules are full)",
    bytes: shown(await idle(admin, server.url)),
    used_memory: "",
    target: "0",
  });
  return rows;
}

async function measured(admin: Redis, url: string, { what, keys, target, fill }: Case) {
  await admin.flushall();
  const empty = await usedMemory(admin);
  const store = redisStore(url);
  // Only what is measured shall be there: records without rules, rules without records.
  const guard = createGuard({
    store,
    logger: quiet,
    maxWaitMs: 0,
    ...(keys.test("x:r:") ? { limits: false } : { idempotency: false, limits: { global: false } }),
  });
  await fill(guard, store);
  const used = (await usedMemory(admin)) - empty;
  const sizes = await sampled(admin, keys);
  await guard.close();
  await store.close();
  return { what, bytes: shown(median(sizes)), used_memory: shown(used / count), target };
}

async function idle(admin: Redis, url: string): Promise<number> {
  await admin.flushall();
  const store = redisStore(url);
  const fast = { kind: "bucket", capacity: 1_000, intervalUs: 1_000 } as const;
  const charge = { name: "chat", key: "chat:7", params: fast, cost: 1, mode: "wait" } as const;
  const times = { maxWaitUs: 0, leaseUs: 1e6, graceUs: 1e6, ttlUs: 1e6 };
  const owned = { bot, owner: "idle", attempt: 0 };
  await store.admit({ ...owned, claim: { id: "idle", mode: "send" }, rules: [charge], ...times });
  await store.settle({ ...owned, record: "idle", as: "free", ttlUs: 0, rules: [charge] });
  await new Promise((resolve) => setTimeout(resolve, 200));
  await store.close();
  return admin.dbsize();
}

function send(guard: Guard, chat: number, text: string) {
  const call = { bot, method: "sendMessage", payload: { chat_id: chat, text } };
  return guard.run(call, async () => answer(chat, chat));
}

async function fullGroup(store: Store, i: number): Promise<void> {
  const params = { kind: "window", limit: 20, periodUs: 60_000_000, marginUs: 250_000 } as const;
  const rules = [
    {
      name: "group",
      key: `chat:-100${2_000_000_000 + i}`,
      params,
      cost: 20,
      mode: "wait" as const,
      ceiling: 1e6,
    },
  ];
  const owned = { bot, owner: `o${i}`, attempt: 0 };
  const times = { maxWaitUs: 0, leaseUs: 30e6, graceUs: 10e6, ttlUs: 1_800e6 };
  await store.admit({ ...owned, claim: { id: `o${i}`, mode: "send" }, rules, ...times });
  await store.settle({ ...owned, record: `o${i}`, as: "free", ttlUs: 0, rules });
}

async function many(step: (i: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await step(next++);
  };
  await Promise.all(Array.from({ length: 256 }, worker));
}

async function sampled(admin: Redis, keys: RegExp): Promise<number[]> {
  const sizes: number[] = [];
  for await (const batch of admin.scanStream({ count: 500 })) {
    for (const key of (batch as string[]).filter((each) => keys.test(each)))
      sizes.push(Number(await admin.memory("USAGE", key)));
    if (sizes.length > 500) return sizes;
  }
  return sizes;
}

const usedMemory = async (admin: Redis): Promise<number> =>
  Number(/^used_memory:(\d+)/m.exec(await admin.info("memory"))?.[1]);
