import { createGuard, type GuardOptions, type Logger } from "@sendonce/core";
import { countsKey, type News, redisStore } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RedisServer, sharedRedis, startRedis } from "../kit/redis/server.js";
import { answered } from "./prepared.js";

const call = (bot: string, text: string) => ({ bot, method: "sendMessage", payload: { chat_id: 7, text } });

function guardOn(url: string, options: GuardOptions = {}) {
  const store = redisStore(url, { commandTimeoutMs: 200 });
  const guard = createGuard({ store, limits: false, publish: true, ...options });
  onTestFinished(async () => {
    await guard.close();
    await store.close();
  });
  return guard;
}

/** What is heard on the channels of a server. */
async function ear(server: RedisServer): Promise<News[]> {
  const heard: News[] = [];
  const client = server.client();
  client.on("pmessage", (_: string, __: string, text: string) => void heard.push(JSON.parse(text) as News));
  await client.psubscribe("sendonce:*");
  return heard;
}

/** Counters of the last two hours, since a test may run over the end of one. */
async function counted(client: Redis, bot: string): Promise<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const at of [Date.now() - 3_600_000, Date.now()])
    for (const [name, count] of Object.entries(await client.hgetall(countsKey(bot, at))))
      sums[name] = (sums[name] ?? 0) + Number(count);
  return sums;
}

describe("a guard that publishes", () => {
  test("counts by the hour, tells who listens, and keeps neither text nor chat", async () => {
    const { server, url, botId, client } = await sharedRedis();
    const bot = String(botId);
    const heard = await ear(server);
    const guard = guardOn(url);
    for (const text of ["canary one", "canary two", "canary two"]) await guard.run(call(bot, text), answered);
    await expect.poll(() => heard.filter((news) => news.bot === bot).length).toBe(1);
    await guard.run(call(bot, "canary three"), answered);
    await guard.close();
    const own = () => heard.filter((news) => news.bot === bot);
    await expect.poll(() => own().length).toBe(2);
    expect(own()[0]?.events).toBeUndefined();
    expect(own()[1]?.events).toMatchObject([{ event: "sent", method: "sendMessage", scope: "content" }]);
    const key = countsKey(bot, Date.now());
    expect(await client().hgetall(key)).toEqual({
      "sent:sendMessage": "3",
      "duplicate:content:sendMessage": "1",
    });
    expect(await client().ttl(key)).toBeGreaterThan(604_000);
    expect(JSON.stringify(own())).not.toMatch(/canary|"chats?"/);
  });

  test("posts nothing unless it is asked to", async () => {
    const { url, botId, client } = await sharedRedis();
    const guard = guardOn(url, { publish: false });
    await guard.run(call(String(botId), "a"), answered);
    await guard.close();
    expect(await counted(client(), String(botId))).toEqual({});
  });

  test("sends on while Redis is dead, without a word about its news, and tells them afterwards", async () => {
    const server = await startRedis({ persistence: true });
    const complaints: unknown[] = [];
    const note = (...line: unknown[]) => void complaints.push(line);
    const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
    const guard = guardOn(server.url, { logger });
    await guard.run(call("4242", "a"), answered);
    await server.kill();
    expect((await guard.run(call("4242", "b"), answered)).status).toBe("sent");
    await server.restart();
    const client = server.client();
    await expect.poll(() => counted(client, "4242"), { timeout: 10_000 }).toEqual({ "sent:sendMessage": 2 });
    expect(JSON.stringify(complaints)).not.toMatch(/publish/);
  });

  test("that its user does not let says once what is missing, and sends on", async () => {
    const rights =
      "~sendonce:* resetchannels -@all +evalsha +eval +get +set +del +time +info +hincrby +expire";
    const server = await startRedis({ acl: [`user bot on >secret ${rights}`] });
    const warnings: string[] = [];
    const logger: Logger = { debug() {}, info() {}, warn: (_, line) => void warnings.push(line), error() {} };
    const guard = guardOn(server.urlFor("bot", "secret"), { logger });
    await guard.run(call("4242", "a"), answered);
    await expect
      .poll(() => warnings)
      .toEqual([expect.stringMatching(/ACL SETUSER.*\+publish.*&sendonce:\*/)]);
    expect((await guard.run(call("4242", "b"), answered)).status).toBe("sent");
  });
});
