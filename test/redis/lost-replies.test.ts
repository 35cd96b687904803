import { redisStore } from "@sendonce/core/redis";
import { createGuard, install, type RuleCharge } from "@sendonce/grammy";
import { Api } from "grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RedisProxy, startProxy } from "../kit/redis/proxy.js";
import { type RedisServer, sharedRedis, startRedis } from "../kit/redis/server.js";
import { telegram } from "../kit/telegram.js";
import { delivered, flooded, senderOn, until } from "./sender.js";

/** Longest time that a store which stopped answering may add to a call, ms. */
const patienceMs = 1_500;
/** Longest time from the return of a store to its use, ms. */
const recoveryMs = 5_000;

function storeOn(url: string) {
  const store = redisStore(url);
  onTestFinished(() => store.close());
  return store;
}

/** A process behind a bad network, another one behind a good one, and a look at what Redis holds. */
async function behindProxy(whenStoreDown: "local" | "reject") {
  const { server, botId } = await sharedRedis();
  const proxy = await startProxy(server);
  const sender = senderOn(proxy.url, botId, { whenStoreDown });
  await sender.send("warm-up");
  const store = storeOn(server.url);
  const stateOf = async (key: string | undefined) => (await store.inspect(`${botId}`, key!))?.state;
  return { proxy, sender, twin: senderOn(server.url, botId), stateOf };
}

const losses = [
  ["and the connection stays mute", (proxy: RedisProxy) => proxy.loseReplies({ on: "evalsha", times: 1 })],
  [
    "and the connection breaks",
    (proxy: RedisProxy) => proxy.loseReplies({ on: "evalsha", times: 1, reset: true }),
  ],
] as const;

describe.each(losses)("an answer is lost %s", (_, lose) => {
  test("admit's, local: the message goes out once, and everybody knows it afterwards", async () => {
    const { proxy, sender, twin, stateOf } = await behindProxy("local");
    lose(proxy);
    const { status, key } = await sender.send("hello");
    expect(status).toBe("sent");
    expect(sender.took.at(-1)).toBeLessThan(patienceMs);
    proxy.heal();
    await until(
      () => stateOf(key),
      (state) => state === "done",
    );
    expect((await sender.send("hello")).status).toBe("replayed");
    expect((await twin.send("hello")).status).toBe("replayed");
    expect(sender.received).toEqual(["warm-up", "hello"]);
  });

  test("admit's, reject: nothing goes out, and the key is free again", async () => {
    const { proxy, sender, twin, stateOf } = await behindProxy("reject");
    lose(proxy);
    const { status, key } = await sender.send("hello");
    expect(status).toBe("store_unavailable");
    expect(sender.took.at(-1)).toBeLessThan(patienceMs);
    proxy.heal();
    await until(
      () => stateOf(key),
      (state) => state === undefined,
    );
    expect((await twin.send("hello")).status).toBe("sent");
    expect(sender.received).toEqual(["warm-up"]);
  });

  test.each(["local", "reject"] as const)("settle's, %s: it is known as sent", async (whenStoreDown) => {
    const { proxy, sender, twin, stateOf } = await behindProxy(whenStoreDown);
    const { status, key } = await sender.send("hello", () => {
      lose(proxy);
      return delivered();
    });
    expect(status).toBe("sent");
    expect(sender.took.at(-1)).toBeLessThan(patienceMs);
    expect(await stateOf(key)).toBe("done");
    proxy.heal();
    expect((await twin.send("hello")).status).toBe("replayed");
    await until(
      () => sender.send("hello"),
      ({ status }) => status === "replayed",
    );
    expect(sender.received).toEqual(["warm-up", "hello"]);
  });

  test("freeze's, local: the thaw is waited for, and it goes out once", async () => {
    const { proxy, sender, twin, stateOf } = await behindProxy("local");
    const answers = [flooded(1), delivered];
    const { status, key, attempts } = await sender.send("hello", () => {
      if (answers.length === 2) lose(proxy);
      return answers.shift()!();
    });
    expect({ status, attempts }).toEqual({ status: "sent", attempts: 2 });
    expect(sender.took.at(-1)).toBeGreaterThan(1_000);
    expect(sender.took.at(-1)).toBeLessThan(1_000 + patienceMs);
    proxy.heal();
    await until(
      () => stateOf(key),
      (state) => state === "done",
    );
    expect((await twin.send("hello")).status).toBe("replayed");
    expect(sender.received).toEqual(["warm-up", "hello"]);
  });

  test("freeze's, reject: the caller gets Telegram's 429, and the key is free again", async () => {
    const { proxy, sender, stateOf } = await behindProxy("reject");
    const { status, key, attempts } = await sender.send("hello", () => {
      lose(proxy);
      return flooded(1)();
    });
    expect({ status, attempts }).toEqual({ status: "failed", attempts: 1 });
    proxy.heal();
    await until(
      () => stateOf(key),
      (state) => state === undefined,
    );
  });
});

describe("a server that stands still", () => {
  const bucket: RuleCharge = {
    name: "chat",
    key: "chat:7",
    params: { kind: "bucket", capacity: 2, intervalUs: 60_000_000 },
    cost: 1,
    mode: "wait",
  };
  const admission = (bot: number) => ({
    bot: `${bot}`,
    owner: "late",
    attempt: 0,
    claim: { id: "r", mode: "send" as const },
    rules: [bucket],
    maxWaitUs: 0,
    leaseUs: 30e6,
    graceUs: 10e6,
    ttlUs: 60e6,
  });

  test("an admit that was given up does nothing when it is carried out late", async () => {
    const server = await startRedis();
    const store = storeOn(server.url);
    await store.ping();
    await store.stats({ bot: "1", rules: [bucket] });
    server.pause();
    await expect(store.admit(admission(1))).rejects.toMatchObject({ code: "store_unavailable" });
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.resume();
    await until(
      () =>
        store.ping().then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    expect(await store.inspect("1", "r")).toBeUndefined();
    expect(await store.stats({ bot: "1", rules: [bucket] })).toMatchObject([{ remaining: 2 }]);
  });

  test("local: this process sends meanwhile, and its message is known as sent afterwards", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1);
    await sender.send("warm-up");
    server.pause();
    const { status, key } = await sender.send("hello");
    expect(status).toBe("sent");
    expect((await sender.send("hello")).status).toBe("replayed");
    server.resume();
    const store = storeOn(server.url);
    await until(
      async () => (await store.inspect("1", key!))?.state,
      (state) => state === "done",
    );
    expect(Math.max(...sender.took)).toBeLessThan(patienceMs);
    expect(sender.received).toEqual(["warm-up", "hello"]);
  });

  test("reject: nothing goes out meanwhile, and afterwards no key is stuck", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1, { whenStoreDown: "reject" });
    await sender.send("warm-up");
    server.pause();
    const { status } = await sender.send("hello");
    expect(status).toBe("store_unavailable");
    server.resume();
    await until(
      () => sender.send("hello"),
      ({ status }) => status === "sent",
      recoveryMs,
    );
    expect(sender.received).toEqual(["warm-up", "hello"]);
  });
});

describe("Redis dies", () => {
  /** Ways to be away, and back. */
  const outages = [
    ["killed", (server: RedisServer) => server.kill(), (server: RedisServer) => server.restart()],
    ["frozen", (server: RedisServer) => server.pause(), (server: RedisServer) => server.resume()],
  ] as const;

  test.each(outages)(
    "%s: no call waits long, and it is used again soon after its return",
    async (_, die, rise) => {
      const server = await startRedis({ persistence: true });
      const sender = senderOn(server.url, 1, { limits: false });
      const keys = [(await sender.send("before")).key];
      await die(server);
      for (let i = 0; i < 10; i++) {
        const { status, key } = await sender.send(`during ${i}`);
        expect(status).toBe("sent");
        keys.push(key);
      }
      const total = sender.took.reduce((sum, ms) => sum + ms, 0);
      expect(Math.max(...sender.took)).toBeLessThan(patienceMs);
      // The breaker spares most calls even that.
      expect(total).toBeLessThan(3 * patienceMs);
      expect(sender.modes).toEqual(["local"]);
      await rise(server);
      const backAfterMs = await until(
        () => sender.modes.at(-1),
        (mode) => mode === "shared",
        recoveryMs,
      );
      expect(sender.modes).toEqual(["local", "shared"]);
      const store = storeOn(server.url);
      const all = async () => Promise.all(keys.map(async (key) => (await store.inspect("1", key!))?.state));
      await until(all, (states) => states.every((state) => state === "done"), recoveryMs);
      if (process.env.FIGURES) console.log({ longest: Math.max(...sender.took), total, backAfterMs });
    },
  );

  test("what was sent or in flight before is not sent again by this process, and is written back", async () => {
    const server = await startRedis({ persistence: true });
    const sender = senderOn(server.url, 1);
    await sender.send("settled");
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let inFlight = false;
    const flying = sender.send("in flight", async () => {
      inFlight = true;
      await answered;
      return delivered();
    });
    await until(
      () => inFlight,
      (is) => is,
    );
    await server.kill();
    expect((await sender.send("settled")).status).toBe("replayed");
    const follower = sender.send("in flight");
    answer();
    expect((await flying).status).toBe("sent");
    expect((await follower).status).toBe("replayed");
    expect((await sender.send("in flight")).status).toBe("replayed");
    await server.restart();
    const store = storeOn(server.url);
    const { key } = await flying;
    await until(
      async () => (await store.inspect("1", key!))?.state,
      (state) => state === "done",
      recoveryMs,
    );
    expect(sender.received).toEqual(["settled", "in flight"]);
  });

  test("limits go on where they stood: what this process had sent counts", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1, { maxWaitMs: 0 });
    const group = (text: string) => sender.call("sendMessage", { chat_id: -100, text });
    for (let i = 0; i < 12; i++) expect((await group(`${i}`)).status).toBe("sent");
    await server.kill();
    for (let i = 12; i < 20; i++) expect((await group(`${i}`)).status).toBe("sent");
    expect(await group("21st in a minute")).toMatchObject({ status: "rate_limited", rule: "group" });
  });

  test.each(["local", "allow-all"] as const)(
    "%s: what spends Stars is refused, not sent",
    async (whenStoreDown) => {
      const server = await startRedis();
      const sender = senderOn(server.url, 1, { whenStoreDown });
      await sender.send("warm-up");
      await server.kill();
      const gift = () => sender.call("sendGift", { user_id: 7, gift_id: "g" });
      expect((await gift()).status).toBe("store_unavailable");
      expect((await sender.send("hello")).status).toBe("sent");
      await server.restart();
      await until(gift, ({ status }) => status === "sent", recoveryMs);
      expect(sender.received).toEqual(["warm-up", "hello", "sendGift"]);
    },
  );

  test("allow-all: everything else goes out unguarded", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1, { whenStoreDown: "allow-all" });
    await sender.send("hello");
    await server.kill();
    for (let i = 0; i < 3; i++) expect((await sender.send("hello")).status).toBe("sent");
    expect(sender.received).toHaveLength(4);
  });

  test("every verb that is not done without the store rejects as StoreUnavailable, broken circuit or not", async () => {
    const server = await startRedis();
    const { guard } = senderOn(server.url, 1);
    await guard.store.ping();
    await server.kill();
    const whose = { bot: "1", owner: "a", attempt: 0, record: "r", rules: [] };
    for (let i = 0; i < 6; i++) {
      const gone = { code: "store_unavailable" };
      await expect(guard.store.ping()).rejects.toMatchObject(gone);
      await expect(guard.store.renew({ ...whose, leaseUs: 1e6 })).rejects.toMatchObject(gone);
      await expect(guard.store.reset("1", { records: ["r"] })).rejects.toMatchObject(gone);
      await expect(guard.store.sweep()).rejects.toMatchObject(gone);
    }
  });
});

test("a 429 that one process got stops the others, and its own call goes out after the thaw", async () => {
  const { url, botId } = await sharedRedis();
  const [one, other] = [senderOn(url, botId), senderOn(url, botId)];
  await other.send("warm-up");
  const answers = [flooded(1), delivered];
  const first = one.send("flooded", () => answers.shift()!());
  await until(
    () => answers.length,
    (left) => left < 2,
  );
  await until(
    async () => (await other.guard.limiter.getBucketStats(7, "CHAT")).frozenMs,
    () => true,
  );
  expect(await first).toMatchObject({ status: "sent", attempts: 2 });
  const again = [flooded(1), delivered];
  const second = one.send("flooded again", () => again.shift()!());
  await until(
    () => again.length,
    (left) => left < 2,
  );
  await until(
    () => one.log.filter((line) => line.startsWith("flood")).length,
    (floods) => floods === 2,
  );
  const from = performance.now();
  expect((await other.send("behind it")).waitedMs).toBeGreaterThan(500);
  expect(performance.now() - from).toBeLessThan(3_000);
  expect((await second).status).toBe("sent");
});

test("thirty sends at once while Redis is away add no listeners to a dead socket", async () => {
  const server = await startRedis();
  const emulator = await telegram({ limits: false });
  const guard = createGuard({ store: redisStore(server.url) });
  onTestFinished(() => guard.store.close());
  const api = install(new Api("4242:secret", { apiRoot: emulator.url }), guard);
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.name);
  process.on("warning", note);
  onTestFinished(() => void process.off("warning", note));
  await api.sendMessage(1, "warm-up");
  await server.kill();
  await Promise.all(Array.from({ length: 30 }, (_, i) => api.sendMessage(100 + i, "away")));
  await new Promise(setImmediate);
  expect(warnings.filter((name) => name === "MaxListenersExceededWarning")).toEqual([]);
  expect(emulator.ledger.count({ text: "away" })).toBe(30);
});

test("a closed guard leaves a store that is not its own alone", async () => {
  const server = await startRedis();
  const store = redisStore(server.url);
  onTestFinished(() => store.close());
  const emulator = await telegram();
  const guard = createGuard({ store });
  const api = install(new Api("4242:secret", { apiRoot: emulator.url }), guard);
  await server.kill();
  for (const chat of [1, 2, 3, 4]) await api.sendMessage(chat, "away");
  await guard.close();
  const asked: unknown[] = [];
  store.ping = () => Promise.reject(asked.push("ping"));
  await new Promise((resolve) => setTimeout(resolve, 1_300));
  expect(asked).toEqual([]);
});
