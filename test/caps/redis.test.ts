import { type Clock, systemClock } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import type { GuardOptions } from "@sendonce/grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedCluster } from "../kit/redis/cluster.js";
import { countCommands } from "../kit/redis/commands.js";
import { type SharedRedis, sharedRedis, startRedis } from "../kit/redis/server.js";
import { eventually, telegram } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";
import { delivered, senderOn, until } from "../redis/sender.js";

const uploadMs = 150;

/** A Telegram where every upload takes a while. */
async function slowTelegram(): Promise<Emulator> {
  const emulator = await telegram({ limits: false });
  const times = Number.POSITIVE_INFINITY;
  emulator.fault({ method: "sendDocument", kind: "slow", ms: uploadMs, commit: "before", times });
  return emulator;
}

const env = (redis: SharedRedis, emulator: Emulator, more: Record<string, string>) => ({
  REDIS_URL: redis.url,
  BOT_TOKEN: redis.token,
  API_ROOT: emulator.url,
  ...more,
});

/** The most requests that were open at one moment: each is for at least `uploadMs` from its arrival. */
function mostAtOnce(emulator: Emulator): number {
  const starts = emulator.ledger.requests({ method: "sendDocument" }).map(({ at }) => at);
  return Math.max(...starts.map((at) => starts.filter((one) => one > at - uploadMs && one <= at).length));
}

const uploads = (limit: number): GuardOptions => ({
  caps: { uploads: { limit, methods: ["sendDocument"] } },
  limits: false,
});

const upload = (chat_id: number) => ["sendDocument", { chat_id, document: `file ${chat_id}` }] as const;

/** A Telegram that answers when told to. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const result = { message_id: 1, date: 1, chat: { id: 7, type: "private" } };
  return { open, answer: () => opened.then(() => ({ ok: true, result })) };
}

/** The real time, but what is done every so often is done when told to. */
function tickingByHand(): Clock & { tick(): void } {
  const ticks = new Set<() => void>();
  const every = (_: number, tick: () => void) => {
    ticks.add(tick);
    return () => void ticks.delete(tick);
  };
  return { ...systemClock, every, tick: () => void [...ticks].map((tick) => tick()) };
}

describe("a cap over three processes", () => {
  test("two uploads at once and no more; each process gets its share", { timeout: 60_000 }, async () => {
    const redis = await sharedRedis();
    const emulator = await slowTelegram();
    const workers = [1_000, 2_000, 3_000].map((from) =>
      startWorker("caps/uploader.ts", env(redis, emulator, { COUNT: "10", FROM: `${from}`, LIMIT: "2" })),
    );
    await Promise.all(workers.map((worker) => worker.says("ready")));
    for (const worker of workers) worker.tell("go");
    await Promise.all(workers.map((worker) => worker.says("done")));
    for (const worker of workers) expect(worker.lines).toEqual(["ready", "failed 0", "done"]);
    expect(emulator.ledger.count()).toBe(30);
    expect(mostAtOnce(emulator)).toBe(2);
    // First come, first served in a process; none of the three is done before another has begun.
    const chats = emulator.ledger.requests({ method: "sendDocument" }).map(({ chat = 0 }) => chat);
    for (const from of [1_000, 2_000, 3_000]) {
      const own = chats.filter((chat) => Math.floor(chat / 1_000) === from / 1_000);
      expect(own).toHaveLength(10);
      expect(chats.indexOf(own[0]!)).toBeLessThan(20);
    }
    expect(await Promise.all(workers.map((worker) => worker.end()))).toEqual([0, 0, 0]);
    expect(await redis.client().keys(`${redis.prefix}*:s:*`)).toEqual([]);
  });

  test("a process with a long line does not keep the others out", async () => {
    const { url, botId } = await sharedRedis();
    const order: string[] = [];
    const busy = senderOn(url, botId, uploads(1));
    const other = senderOn(url, botId, uploads(1));
    const quick = (name: string) => async () => {
      order.push(name);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return delivered();
    };
    const line = Array.from({ length: 15 }, (_, n) => busy.call(...upload(n + 1), quick("busy")));
    await until(
      () => order.length,
      (count) => count > 0,
    );
    const one = other.call(...upload(100), quick("other"));
    await Promise.all([...line, one]);
    expect(order).toHaveLength(16);
    // Each look finds the slot free four times in five, whatever the one before found.
    expect(order.indexOf("other")).toBeLessThan(15);
  });

  test("a killed holder's slot comes back 30 s after it was last heard of, and not before", {
    timeout: 60_000,
  }, async () => {
    const redis = await sharedRedis();
    const emulator = await telegram({ limits: false });
    emulator.fault({ method: "sendDocument", kind: "slow", ms: 60_000, times: 1 });
    const options = env(redis, emulator, { COUNT: "1", FROM: "1000", LIMIT: "1" });
    const worker = startWorker("caps/uploader.ts", options);
    await worker.says("ready");
    worker.tell("go");
    await eventually(
      () => emulator.ledger.requests({ method: "sendDocument" }).length === 1,
      "it uploads",
      20_000,
    );
    await worker.end("SIGKILL");
    const store = redisStore(redis.url);
    onTestFinished(() => store.close());
    const key = `${redis.prefix}1:s:uploads`;
    const [, heardOf = "0"] = await redis.client().zrangebyscore(key, "-inf", "+inf", "WITHSCORES");
    const later = (ms: number) => ({
      bot: `${redis.botId}`,
      cap: "uploads",
      limit: 1,
      owner: "next",
      leaseUs: 30_000_000,
      nowUs: (Number(heardOf) + ms) * 1_000,
    });
    expect(await store.slots.take(later(29_999))).toBe(false);
    expect(await store.slots.take(later(30_000))).toBe(true);
  });

  test("while a call waits, its process asks ten times a second, however many wait", async () => {
    const server = await startRedis();
    const [holder, waiter] = [senderOn(server.url, 1, uploads(1)), senderOn(server.url, 1, uploads(1))];
    const { open, answer } = gate();
    const held = holder.call(...upload(1), answer);
    await until(
      () => server.client().exists("sendonce:{1}:1:s:uploads"),
      (there) => there === 1,
    );
    const waiting = Array.from({ length: 20 }, (_, n) => waiter.call(...upload(100 + n)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stop = await countCommands(server.client());
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const { evalsha = 0 } = await stop();
    expect(evalsha).toBeGreaterThanOrEqual(5);
    expect(evalsha).toBeLessThanOrEqual(11);
    open();
    for (const delivery of await Promise.all([held, ...waiting])) expect(delivery.status).toBe("sent");
  });
});

describe("a slot that was lost", () => {
  test("neither ends the process nor the request, and is taken again where one is free", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    onTestFinished(() => void process.off("unhandledRejection", note));
    const server = await startRedis();
    const clock = tickingByHand();
    const sender = senderOn(server.url, 1, { ...uploads(1), clock });
    const { open, answer } = gate();
    const held = sender.call(...upload(1), answer);
    const slots = () => server.client().zcard("sendonce:{1}:1:s:uploads");
    await until(slots, (count) => count === 1);
    await server.client().del("sendonce:{1}:1:s:uploads");
    clock.tick();
    await until(slots, (count) => count === 1);
    await server.client().del("sendonce:{1}:1:s:uploads");
    await server.client().zadd("sendonce:{1}:1:s:uploads", `${Date.now()}`, "another");
    clock.tick();
    await until(
      () => sender.log.join(),
      (log) => /a slot of the cap uploads was lost/.test(log),
    );
    open();
    expect((await held).status).toBe("sent");
    expect(unhandled).toEqual([]);
  });
});

describe("Redis away", () => {
  test.each([
    ["local", "sent"],
    ["allow-all", "sent"],
    ["reject", "store_unavailable"],
  ] as const)(
    "under %s a second call beyond the cap is kept waiting, sent at once, or refused: %s",
    async (whenStoreDown, status) => {
      const sender = senderOn("redis://127.0.0.1:1", 1, { ...uploads(1), whenStoreDown });
      const { open, answer } = gate();
      let opened = 0;
      const counted = () => {
        opened++;
        return answer();
      };
      const sends = [1, 2].map((chat) => sender.call(...upload(chat), counted));
      if (whenStoreDown !== "reject") {
        await until(
          () => opened,
          (count) => count === (whenStoreDown === "local" ? 1 : 2),
        );
        await new Promise((resolve) => setTimeout(resolve, 250));
        expect(opened).toBe(whenStoreDown === "local" ? 1 : 2);
      }
      open();
      for (const delivery of await Promise.all(sends)) expect(delivery.status).toBe(status);
    },
  );

  test("what this process held when Redis went stands in its memory: it opens no more than the limit", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1, uploads(1));
    const { open, answer } = gate();
    const held = sender.call(...upload(1), answer);
    await until(
      () => server.client().exists("sendonce:{1}:1:s:uploads"),
      (there) => there === 1,
    );
    await server.kill();
    const second = sender.call(...upload(2));
    await until(
      () => sender.modes.join(),
      (modes) => modes === "local",
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(sender.received).toEqual([]);
    open();
    expect([(await held).status, (await second).status]).toEqual(["sent", "sent"]);
    expect(sender.received).toEqual(["sendDocument", "sendDocument"]);
  });
});

test("on a Cluster the first capped call is a ConfigurationError, and the others go", async () => {
  const sender = senderOn((await sharedCluster()).connect(), 1, uploads(1));
  await expect(sender.call(...upload(1))).rejects.toMatchObject({
    code: "configuration",
    message: expect.stringMatching(/`caps` does not work on a Redis Cluster/),
  });
  expect((await sender.send("hello")).status).toBe("sent");
  expect(sender.received).toEqual(["hello"]);
});
