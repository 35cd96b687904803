import { redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import { createGuard, type GuardOptions, install, optionsFromEnv, reliability } from "@sendonce/grammy";
import { Api, Bot } from "grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { RoundRobin } from "../../demo/fleet/round-robin.js";
import { countCommands } from "../kit/redis/commands.js";
import { type SharedRedis, sharedRedis, startRedis } from "../kit/redis/server.js";
import { botInfo, eventually, telegram, textsOf } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";

const workerEnv = (redis: SharedRedis, emulator: Emulator) => ({
  REDIS_URL: redis.url,
  BOT_TOKEN: redis.token,
  API_ROOT: emulator.url,
});

describe("many processes, one truth", () => {
  test("four processes race on the same 1,000 messages: each is received once", {
    timeout: 120_000,
  }, async () => {
    const redis = await sharedRedis();
    const emulator = await telegram({ limits: false });
    const env = { ...workerEnv(redis, emulator), COUNT: "1000" };
    const workers = Array.from({ length: 4 }, () => startWorker("redis/workers/sender.ts", env));
    await Promise.all(workers.map((worker) => worker.says("ready")));
    for (const worker of workers) worker.tell("go");
    await Promise.all(workers.map((worker) => worker.says("done")));
    for (const worker of workers) expect(worker.lines).toEqual(["ready", "failed 0", "done"]);
    expect(emulator.ledger.count()).toBe(1_000);
    expect(emulator.ledger.doubled()).toEqual([]);
    expect(await Promise.all(workers.map((worker) => worker.end()))).toEqual([0, 0, 0, 0]);
  });

  test("killed at 20 random points in mid-send and started again: none doubled, the missing are AMBIGUOUS", {
    timeout: 180_000,
  }, async () => {
    const redis = await sharedRedis();
    const emulator = await telegram({ limits: false });
    const store = redisStore(redis.url);
    onTestFinished(() => store.close());
    const count = 400;
    const env = { ...workerEnv(redis, emulator), COUNT: `${count}`, WIDTH: "8", ON_BUSY: "reject" };
    emulator.fault({
      method: "sendMessage",
      kind: "slow",
      ms: 15,
      commit: "before",
      times: Number.POSITIVE_INFINITY,
    });
    for (let kill = 0; kill < 20; kill++) {
      const worker = startWorker("redis/workers/sender.ts", env);
      await worker.says("ready");
      const before = emulator.ledger.requests({ method: "sendMessage" }).length;
      worker.tell("go");
      const enough = before + 1 + Math.floor(Math.random() * 12);
      await eventually(
        () => emulator.ledger.requests({ method: "sendMessage" }).length >= enough,
        "it sends",
        20_000,
      );
      await worker.end("SIGKILL");
    }
    emulator.clearFaults();
    const last = startWorker("redis/workers/sender.ts", env);
    await last.says("ready");
    last.tell("go");
    await last.says("done");
    expect(emulator.ledger.doubled()).toEqual([]);
    const received = new Set(emulator.ledger.received().map(({ text }) => text));
    const missing = Array.from({ length: count }, (_, n) => `message ${n}`).filter(
      (text) => !received.has(text),
    );
    expect(missing.length).toBeLessThanOrEqual(20 * 8);
    // Those killed in mid-send keep their lease for up to 30 s: look at them as they will be then.
    const states = await recordStates(redis, (await store.ping()).nowUs + 31e6);
    expect(states.done + states.ambiguous).toBe(count);
    expect(states.ambiguous).toBeGreaterThanOrEqual(missing.length);
    expect(states.ambiguous).toBeLessThanOrEqual(20 * 8);

    async function recordStates({ botId }: SharedRedis, nowUs: number) {
      const found = { done: 0, ambiguous: 0 };
      for await (const key of store.keys(`${botId}`)) {
        const id = /:r:(.+)$/.exec(key)?.[1];
        const view = id ? await store.inspect(`${botId}`, id, nowUs) : undefined;
        if (view?.state === "done") found.done++;
        if (view?.state === "ambiguous") found.ambiguous++;
      }
      return found;
    }
  });

  test("the webhook classic: three processes behind a proxy, a slow handler, redelivery while the first runs: one reply", {
    timeout: 60_000,
  }, async () => {
    const redis = await sharedRedis();
    const emulator = await telegram({ webhookTimeoutMs: 500 });
    const env = { ...workerEnv(redis, emulator), HANDLER_MS: "1500" };
    const workers = Array.from({ length: 3 }, () => startWorker("redis/workers/webhook.ts", env));
    const ports = await Promise.all(
      workers.map(async (worker) => {
        await eventually(() => worker.lines.some((line) => line.startsWith("port ")), "it listens", 20_000);
        return Number(worker.lines.find((line) => line.startsWith("port "))!.slice(5));
      }),
    );
    const proxy = await RoundRobin.before(ports);
    onTestFinished(() => proxy.close());
    await new Api(redis.token, { apiRoot: emulator.url }).setWebhook(proxy.url);
    emulator.say(redis.token, { chat: 7, text: "slow" });
    await eventually(() => emulator.pending(redis.token) === 0, "the update is confirmed", 30_000);
    expect(emulator.deliveries(redis.token).length).toBeGreaterThan(1);
    expect(textsOf(emulator, 7)).toEqual(["re: slow"]);
  });
});

describe("what Redis is asked", () => {
  async function counted(limits: GuardOptions["limits"] = "official") {
    const server = await startRedis();
    const emulator = await telegram({ limits: false });
    const guard = createGuard({ store: redisStore(server.url), limits });
    onTestFinished(() => guard.store.close());
    const { api } = install(botOf(emulator), guard);
    await api.sendMessage(1, "warm-up");
    const stop = await countCommands(server.client());
    const scripts = async () => {
      const { evalsha = 0, ...others } = await stop();
      return { evalsha, others: Object.keys(others).filter((name) => !insideScripts.has(name)) };
    };
    return { api, guard, scripts, emulator };
  }
  const insideScripts = new Set(["get", "set", "del", "time", "info"]);

  test("2 commands per send without a wait", async () => {
    const { api, scripts } = await counted();
    for (let i = 0; i < 10; i++) await api.sendMessage(100 + i, "no wait");
    expect(await scripts()).toEqual({ evalsha: 20, others: [] });
  });

  test("at most 3 commands per send with one wait, none while waiting", async () => {
    const { api, scripts } = await counted();
    const sends = Array.from({ length: 22 }, (_, i) => api.sendMessage(7, `${i}`));
    await Promise.all(sends);
    const { evalsha, others } = await scripts();
    expect(evalsha + others.length).toBeLessThanOrEqual(20 * 2 + 2 * 3);
    expect(evalsha + others.length).toBeGreaterThan(2 * 3);
  });

  test("sends at one moment share script runs: fewer than two commands each, each message once", async () => {
    const { api, scripts, emulator } = await counted({ global: false });
    const chats = Array.from({ length: 200 }, (_, i) => 1_000 + i);
    await Promise.all(chats.map((chat) => api.sendMessage(chat, "at once")));
    const { evalsha } = await scripts();
    expect(evalsha).toBeLessThan(300);
    expect(emulator.ledger.doubled()).toEqual([]);
    expect(emulator.ledger.count()).toBe(201);
  });

  test("an update adds at most 2", async () => {
    const server = await startRedis();
    const emulator = await telegram();
    const guard = createGuard({ store: redisStore(server.url) });
    onTestFinished(() => guard.store.close());
    const bot = install(botOf(emulator), guard);
    bot.on("message", (ctx) => ctx.reply("hi"));
    await bot.handleUpdate(emulator.say(tokenOf, { chat: 7, text: "warm-up" }));
    const stop = await countCommands(server.client());
    for (let i = 0; i < 5; i++) await bot.handleUpdate(emulator.say(tokenOf, { chat: 7, text: `${i}` }));
    expect((await stop()).evalsha).toBe(5 * (2 + 2));
  });
});

const tokenOf = "4242:test-token";
const botOf = (emulator: Emulator) => new Bot(tokenOf, { botInfo, client: { apiRoot: emulator.url } });

describe("connections", () => {
  test("40 bots share one connection", async () => {
    const server = await startRedis();
    const emulator = await telegram();
    const stores = Array.from({ length: 40 }, () => redisStore(server.url));
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
    const bots = stores.map((store, i) =>
      install(new Api(`${5000 + i}:secret`, { apiRoot: emulator.url }), { store }),
    );
    await Promise.all(bots.map((api) => api.sendMessage(7, "hello")));
    const clients = String(await server.client().client("LIST"))
      .split("\n")
      .filter((line) => /cmd=evalsha/.test(line));
    expect(clients).toHaveLength(1);
    expect(emulator.ledger.count({ chat: 7 })).toBe(40);
  });

  test("a one-shot script with REDIS_URL sends and exits by itself", { timeout: 30_000 }, async () => {
    const redis = await sharedRedis();
    const emulator = await telegram();
    const worker = startWorker("redis/workers/sender.ts", { ...workerEnv(redis, emulator), COUNT: "1" });
    await worker.says("ready");
    worker.tell("go");
    await worker.says("done");
    const from = performance.now();
    expect(await worker.end()).toBe(0);
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(emulator.ledger.count()).toBe(1);
  });

  test("Redis refuses connections at the start: the first send goes out at once, guarded by this process", async () => {
    const emulator = await telegram();
    const modes: string[] = [];
    const guard = createGuard({ store: redisStore("redis://127.0.0.1:1") });
    guard.on("mode", ({ mode }) => modes.push(mode));
    onTestFinished(() => guard.store.close());
    const { api } = install(botOf(emulator), guard);
    const from = performance.now();
    for (const text of ["hello", "hello", "good", "bye"]) await api.sendMessage(7, text);
    expect(performance.now() - from).toBeLessThan(6_000);
    expect(textsOf(emulator, 7)).toEqual(["hello", "good", "bye"]);
    expect(modes).toEqual(["local"]);
  });

  test("with whenStoreDown reject, a send without Redis is refused and nothing goes out", async () => {
    const emulator = await telegram();
    const guard = createGuard({ store: redisStore("redis://127.0.0.1:1"), whenStoreDown: "reject" });
    onTestFinished(() => guard.store.close());
    const { api } = install(botOf(emulator), guard);
    await expect(api.sendMessage(7, "hello")).rejects.toMatchObject({
      error_code: 503,
      parameters: { sendonce: { code: "store_unavailable" } },
    });
    expect(emulator.ledger.received()).toEqual([]);
  });
});

describe("bad input is named", () => {
  test("a REDIS_URL that is no URL, without repeating it", () => {
    expect(() => optionsFromEnv({ REDIS_URL: "localhost:hunter2" })).toThrow(/REDIS_URL must be a URL/);
    expect(() => redisStore("localhost:hunter2")).toThrow(/must look like redis:\/\//);
    expect(() => redisStore("localhost:hunter2")).not.toThrow(/hunter2/);
    expect(() => redisStore("redis://x", { timeout: 1 } as never)).toThrow(/unknown option `timeout`/);
  });

  test("a wrong password", async () => {
    const server = await startRedis({ password: "right" });
    const store = redisStore(server.urlFor("", "wrong-hunter2"));
    onTestFinished(() => store.close());
    const error = await store.ping().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "store_unavailable" });
    expect(String(error)).toMatch(/refused the login: check user and password/);
    expect(JSON.stringify([String(error), String((error as Error).cause)])).not.toMatch(/hunter2/);
  });

  test("a foreign value under our key is left alone and named", async () => {
    const redis = await sharedRedis();
    const emulator = await telegram();
    const store = redisStore(redis.url);
    onTestFinished(() => store.close());
    await redis.client().set(`sendonce:{${redis.botId}}:1:l:chat:7`, "mine");
    await redis.client().hset(`sendonce:{${redis.botId}}:1:l:chat:8`, "also", "mine");
    const api = new Api(redis.token, { apiRoot: emulator.url });
    api.config.use(reliability({ store, namespace: `${redis.botId}` }));
    for (const chat of [7, 8]) {
      await expect(api.sendMessage(chat, "hello")).rejects.toThrow(
        /holds a value that is not Sendonce's; delete it/,
      );
    }
    expect(await redis.client().get(`sendonce:{${redis.botId}}:1:l:chat:7`)).toBe("mine");
    expect(emulator.ledger.received()).toEqual([]);
  });
});
