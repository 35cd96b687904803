import { redisStore } from "@sendonce/core/redis";
import { createGuard, type GuardOptions, tokenBucket, window } from "@sendonce/grammy";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { keys, memoryUsage } from "../kit/redis/commands.js";
import { type RedisServer, sharedRedis, startRedis } from "../kit/redis/server.js";
import { delivered, senderOn, until } from "./sender.js";

/** A ten-digit bot, as they are today, and ids as long as Telegram's. */
const bot = "7123456789";
const person = 6_123_456_789;
const supergroup = -1_001_234_567_890;

async function measured(options: GuardOptions = {}) {
  const server = await startRedis();
  const sender = senderOn(server.url, bot, options);
  const say = (chat_id: number, text: string) => sender.call("sendMessage", { chat_id, text });
  return { server, client: server.client(), sender, say };
}

const bytesOf = async (client: Redis, pattern: string): Promise<number> => {
  const [key, ...others] = await keys(client, `sendonce:{${bot}}:1:${pattern}`);
  expect(others).toEqual([]);
  return memoryUsage(client, key!);
};

const figures: Record<string, number> = {};
const note = (what: string, bytes: number): number => {
  figures[what] = bytes;
  if (process.env.FIGURES) console.log(figures);
  return bytes;
};

test("the record of a sent message takes at most 200 bytes", async () => {
  const { client, sender } = await measured();
  await sender.call("sendMessage", { chat_id: person, text: "hello ".repeat(100) }, () => ({
    ok: true,
    result: {
      message_id: 123_456,
      date: 1_790_000_000,
      chat: { id: person, type: "private", first_name: "Ada", username: "ada_lovelace" },
      from: { id: Number(bot), is_bot: true, first_name: "Bot" },
      text: "hello ".repeat(100),
    },
  }));
  expect(note("record", await bytesOf(client, "r:*"))).toBeLessThanOrEqual(200);
});

test("the rule of an active private chat takes at most 120 bytes, the bot's as well", async () => {
  const { client, say } = await measured();
  for (let i = 0; i < 15; i++) await say(person, `message ${i}`);
  expect(note("private chat", await bytesOf(client, `l:chat:${person}`))).toBeLessThanOrEqual(120);
  expect(note("bot", await bytesOf(client, "l:global"))).toBeLessThanOrEqual(120);
});

test("the rule of a group that used its 20 messages takes at most 320 bytes", async () => {
  const { client, say } = await measured();
  for (let i = 0; i < 20; i++) await say(supergroup, `message ${i}`);
  expect(note("group", await bytesOf(client, `l:chat:${supergroup}`))).toBeLessThanOrEqual(320);
});

test("1,000 sent messages to 1,000 chats take at most half a megabyte in all", async () => {
  // Chats that stay active for as long as a busy machine may take to write to all of them.
  const chat = tokenBucket({ capacity: 20, refillPerSecond: 20 / 3_600 });
  const { client, say } = await measured({ limits: { global: false, chat } });
  await say(1, "warm-up");
  const before = await usedMemory(client);
  await Promise.all(Array.from({ length: 1_000 }, (_, i) => say(person + i, `message ${i}`)));
  expect(await client.dbsize()).toBe(2_002);
  expect(note("1,000 chats, used_memory", (await usedMemory(client)) - before)).toBeLessThan(500_000);
});

const usedMemory = async (client: Redis): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await client.info("memory"))![1]);

/** A bot whose traces are gone in a second. */
const hasty: GuardOptions = {
  idempotency: { ttlMs: 600, updateTtlMs: 600 },
  limits: {
    user: tokenBucket({ capacity: 5, refillPerSecond: 20 }),
    chat: tokenBucket({ capacity: 5, refillPerSecond: 20 }),
    group: window({ limit: 5, perMs: 500 }),
    global: tokenBucket({ capacity: 30, refillPerSecond: 100 }),
  },
};

/** Something of every kind that leaves a key behind. */
async function liveALittle(server: RedisServer) {
  const sender = senderOn(server.url, bot, hasty);
  const { guard } = sender;
  const say = (chat_id: number, text: string, answer = delivered) =>
    sender.call("sendMessage", { chat_id, text, user_id: 5 }, answer);
  await Promise.all(Array.from({ length: 10 }, (_, i) => say(person, `${i}`)));
  await Promise.all(Array.from({ length: 8 }, (_, i) => say(supergroup, `${i}`)));
  await say(8, "rejected", () => ({ ok: false, error_code: 400, description: "Bad Request" }));
  await say(9, "nobody knows", () => ({ ok: false, error_code: 502, description: "Bad Gateway" }));
  await guard.handleUpdate({ bot, updateId: 1, userId: 5 }, () => say(person, "reply"));
  await guard.limiter.acquire("api", tokenBucket({ capacity: 2, refillPerSecond: 4 }));
  const { owner } = await guard.idempotency.markOperationStart("op", { ttlMs: 600 });
  await guard.idempotency.markOperationComplete("op", owner!, { ok: true });
  await guard.idempotency.markOperationStart("never ended", { ttlMs: 600, leaseMs: 300 });
}

test("after everything has expired the database is empty", async () => {
  const server = await startRedis();
  const client = server.client();
  await liveALittle(server);
  expect(await client.dbsize()).toBeGreaterThan(15);
  await until(
    () => client.dbsize(),
    (size) => size === 0,
    6_000,
  );
});

test("every key has an end, and what is read after it is gone, whether Redis swept it or not", async () => {
  const { url, botId, client } = await sharedRedis();
  const store = redisStore(url);
  const guard = createGuard({ store });
  onTestFinished(() => store.close());
  const call = { bot: `${botId}`, method: "sendMessage", payload: { chat_id: -7, text: "hello" } };
  const { key } = await guard.run(call, async () => ({ type: "response", body: delivered() as never }));
  const redis = client();
  const left = await keys(redis, `sendonce:{${botId}}:*`);
  expect(left).toContain(`sendonce:{${botId}}:1:r:${key}`);
  for (const each of left) expect(await redis.pttl(each)).not.toBe(forEver);
  const view = await store.inspect(`${botId}`, key!);
  expect(await store.inspect(`${botId}`, key!, view!.expiresUs - 1)).toBeDefined();
  expect(await store.inspect(`${botId}`, key!, view!.expiresUs)).toBeUndefined();
});

/** What PTTL answers for a key that nobody sweeps. */
const forEver = -1;
