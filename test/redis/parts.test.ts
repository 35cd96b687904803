import {
  createGuard,
  DeliveryService,
  IdempotencyGuard,
  memoryStore,
  type Store,
  TokenBucketRateLimiter,
  tokenBucket,
} from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";

/** Two stores, as two processes would have them, on one truth; and a namespace that nobody else uses. */
interface World {
  readonly stores: readonly [Store, Store];
  readonly namespace: string;
}

const worlds = [
  [
    "in memory",
    async (): Promise<World> => {
      const store = memoryStore();
      return { stores: [store, store], namespace: "parts" };
    },
  ],
  [
    "over Redis",
    async (): Promise<World> => {
      const { url, botId } = await sharedRedis();
      // Options of its own give a store a connection of its own.
      const stores = [redisStore(url, { redis: {} }), redisStore(url, { redis: {} })] as const;
      onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))));
      return { stores, namespace: `${botId}` };
    },
  ],
] as const;

const dozen = Array.from({ length: 12 }, (_, i) => i);
const hundred = Array.from({ length: 100 }, (_, i) => i);

describe.each(worlds)("IdempotencyGuard %s", (_, open) => {
  async function guards() {
    const { stores, namespace } = await open();
    const made = stores.map((store) => new IdempotencyGuard({ store, namespace }));
    onTestFinished(() => {
      for (const guard of made) guard.close();
    });
    return made as [IdempotencyGuard, IdempotencyGuard];
  }

  test("of 100 starts at once in two processes exactly one begins", async () => {
    const both = await guards();
    const starts = await Promise.all(hundred.map((i) => both[i % 2]!.markOperationStart("order-42")));
    expect(starts.filter(({ started }) => started)).toHaveLength(1);
    for (const { started, status } of starts) if (!started) expect(status).toBe("processing");
  });

  test("a completed operation is a duplicate everywhere, with its result, a fresh copy each time", async () => {
    const [one, other] = await guards();
    const key = one.generateKey(["charge", { invoice: 42, cents: 1250 }]);
    expect(await other.isDuplicate(key)).toEqual({ duplicate: false, status: "new" });
    const { owner } = await one.markOperationStart(key);
    expect(await other.isDuplicate(key)).toEqual({ duplicate: true, status: "processing" });
    const result = { paid: true, lines: ["é", 7, null] };
    expect(await one.markOperationComplete(key, owner!, result)).toBe(true);
    expect(await one.markOperationComplete(key, owner!, "again")).toBe(false);
    for (const guard of [one, other]) {
      expect(await guard.isDuplicate(key)).toEqual({ duplicate: true, status: "completed", result });
      expect(await guard.markOperationStart(key)).toEqual({ started: false, status: "completed", result });
    }
    const [a, b] = [await one.isDuplicate(key), await one.isDuplicate(key)];
    expect(a.result).not.toBe(b.result);
  });

  test("a failed operation can be tried again, by anybody", async () => {
    const [one, other] = await guards();
    const { owner } = await one.markOperationStart("order-42");
    expect(await other.markOperationFailed("order-42", "somebody-else")).toBe(false);
    expect(await one.markOperationFailed("order-42", owner!)).toBe(true);
    expect(await one.markOperationFailed("order-42", owner!)).toBe(false);
    expect(await other.markOperationStart("order-42")).toMatchObject({ started: true });
  });

  test("an operation of unknown outcome stays so, unless somebody accepts doing it twice or its owner learns more", async () => {
    const [one, other] = await guards();
    const { owner } = await one.markOperationStart("order-42");
    await one.markOperationFailed("order-42", owner!, { unknown: true });
    expect(await other.isDuplicate("order-42")).toEqual({ duplicate: true, status: "unknown" });
    expect(await other.markOperationStart("order-42")).toEqual({ started: false, status: "unknown" });
    const again = await other.markOperationStart("order-42", { retryUnknown: true });
    expect(again.started).toBe(true);
    expect(await one.markOperationComplete("order-42", owner!)).toBe(false);
    expect(await other.markOperationComplete("order-42", again.owner!)).toBe(true);
  });

  test("an operation whose owner died reads as unknown once its lease is over", async () => {
    const [one, other] = await guards();
    await one.markOperationStart("export-7", { leaseMs: 50 });
    await expect.poll(() => other.isDuplicate("export-7")).toEqual({ duplicate: true, status: "unknown" });
  });
});

describe.each(worlds)("TokenBucketRateLimiter %s", (_, open) => {
  async function limiters() {
    const { stores, namespace } = await open();
    return stores.map((store) => new TokenBucketRateLimiter({ store, namespace })) as [
      TokenBucketRateLimiter,
      TokenBucketRateLimiter,
    ];
  }
  const three = tokenBucket({ capacity: 3, refillPerSecond: 0.01 });

  test("acquire never waits, and two processes share one bucket", async () => {
    const both = await limiters();
    const answers = await Promise.all(dozen.map((i) => both[i % 2]!.acquire("api", three)));
    expect(answers.filter(({ acquired }) => acquired)).toHaveLength(3);
    for (const { acquired, retryAfterMs } of answers)
      if (!acquired) expect(retryAfterMs).toBeGreaterThan(90_000);
    expect(await both[0].checkRemaining("api", three)).toBe(0);
    expect(await both[1].getBucketStats("api", three)).toMatchObject({ capacity: 3, remaining: 0 });
  });

  test("what was refused costs nothing, and a reset bucket is full", async () => {
    const [one, other] = await limiters();
    await one.acquire("api", three, 2);
    expect(await other.acquire("api", three, 2)).toMatchObject({ acquired: false, remaining: 1 });
    expect(await other.acquire("api", three, 1)).toMatchObject({ acquired: true, remaining: 0 });
    await one.resetBucket("api", three);
    expect(await other.checkRemaining("api", three)).toBe(3);
  });

  test("acquireWithDelay is first come first served across processes", async () => {
    const { stores, namespace } = await open();
    const rule = tokenBucket({ capacity: 1, refillPerSecond: 10 });
    // A limiter each: within one, only the head of the line asks the store.
    const waiting = dozen.slice(0, 6).map((i) => {
      return new TokenBucketRateLimiter({ store: stores[i % 2]!, namespace });
    });
    for (const limiter of waiting) await limiter.checkRemaining("api", rule);
    const arrived: number[] = [];
    const waits: Promise<unknown>[] = [];
    for (const [i, limiter] of waiting.entries()) {
      waits.push(limiter.acquireWithDelay("api", rule).then(() => arrived.push(i)));
      // Two questions by the same connection later, the turn is reserved.
      for (let n = 0; n < 2; n++) await limiter.checkRemaining("api", rule);
    }
    await Promise.all(waits);
    expect(arrived).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a turn that is too far away is refused at once and costs nothing", async () => {
    const [one, other] = await limiters();
    const minute = tokenBucket({ capacity: 1, refillPerSecond: 1 / 60 });
    await one.acquire("api", minute);
    const late = await other.acquireWithDelay("api", minute, 1, { maxWaitMs: 1_000 });
    expect(late.acquired).toBe(false);
    expect(late.waitedMs).toBeLessThan(500);
    expect((await one.getBucketStats("api", minute)).retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});

describe.each(worlds)("DeliveryService %s", (_, open) => {
  async function services() {
    const { stores, namespace } = await open();
    const made = stores.map((store) => new DeliveryService(createGuard({ store, namespace })));
    return made as [DeliveryService, DeliveryService];
  }
  const posting = (sendFunction: () => Promise<unknown>, more: object = {}) => ({
    deliveryId: "digest-1",
    postData: { channelId: "@news", text: "Good morning" },
    sendFunction,
    ...more,
  });

  test("100 deliveries of one id in two processes call sendFunction once, and all report its message", async () => {
    const both = await services();
    let calls = 0;
    const post = posting(async () => ({ message_id: ++calls }));
    const reports = await Promise.all(hundred.map((i) => both[i % 2]!.sendWithReliabilityGuards(post)));
    expect(calls).toBe(1);
    expect(reports.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    for (const report of reports) expect(report).toMatchObject({ success: true, messageId: 1 });
  });

  test("a delivery that was refused by the API can be made again by another process", async () => {
    const [one, other] = await services();
    const refusal = Object.assign(new Error("400: no"), { error_code: 400, description: "no" });
    const failed = await one.sendWithReliabilityGuards(posting(() => Promise.reject(refusal)));
    expect(failed).toMatchObject({ success: false, duplicate: false, error: refusal });
    const again = await other.sendWithReliabilityGuards(posting(async () => ({ message_id: 5 })));
    expect(again).toMatchObject({ success: true, duplicate: false, messageId: 5 });
  });

  test("a delivery of unknown outcome is not made again by another process", async () => {
    const [one, other] = await services();
    let calls = 0;
    const broken = async () => {
      calls++;
      throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    };
    expect(await one.sendWithReliabilityGuards(posting(broken))).toMatchObject({ success: false });
    expect(await other.sendWithReliabilityGuards(posting(broken))).toMatchObject({ success: false });
    expect(calls).toBe(1);
  });
});
