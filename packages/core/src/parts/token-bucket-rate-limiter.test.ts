import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Call } from "../call.js";
import { ConfigurationError } from "../errors.js";
import { createGuard } from "../guard.js";
import { tokenBucket, window } from "../limiter/rules.js";
import { memoryStore } from "../store/memory.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { RateLimitType } from "./limit-of.js";
import { TokenBucketRateLimiter, type TokenBucketRateLimiterOptions } from "./token-bucket-rate-limiter.js";

function world(options: TokenBucketRateLimiterOptions = {}) {
  const clock = new VirtualClock();
  const store = memoryStore({ clock });
  const another = (more: TokenBucketRateLimiterOptions = {}) =>
    new TokenBucketRateLimiter({ store, clock, ...options, ...more });
  return { clock, store, limiter: another(), another };
}

const ten = tokenBucket({ capacity: 10, refillPerSecond: 10 });
const one = tokenBucket({ capacity: 1, refillPerSecond: 1 });
const three = window({ limit: 3, perMs: 1_000 });

describe("acquire", () => {
  it("takes what is there and never waits", async () => {
    const { clock, limiter } = world();
    expect(await limiter.acquire("api", ten, 4)).toEqual({ acquired: true, remaining: 6, retryAfterMs: 0 });
    expect(await limiter.acquire("api", ten, 7)).toEqual({
      acquired: false,
      remaining: 6,
      retryAfterMs: 100,
    });
    expect(await limiter.acquire("api", ten, 6)).toEqual({ acquired: true, remaining: 0, retryAfterMs: 0 });
    expect(clock.pending).toBe(0);
  });

  it("costs nothing when it is refused, however often", async () => {
    const { clock, limiter } = world();
    await limiter.acquire("api", one);
    for (let i = 0; i < 50; i++) expect((await limiter.acquire("api", one)).retryAfterMs).toBe(1_000);
    await clock.advance(1_000);
    expect((await limiter.acquire("api", one)).acquired).toBe(true);
  });

  it("lets who comes again after retryAfterMs through", async () => {
    const rule = tokenBucket({ capacity: 3, refillPerSecond: 0.7 });
    const { clock, limiter } = world();
    await limiter.acquire("api", rule, 3);
    const { retryAfterMs } = await limiter.acquire("api", rule, 2);
    await clock.advance(retryAfterMs - 1);
    expect((await limiter.acquire("api", rule, 2)).acquired).toBe(false);
    await clock.advance(1);
    expect((await limiter.acquire("api", rule, 2)).acquired).toBe(true);
  });

  it("lets exactly the capacity of concurrent callers through", async () => {
    const { another } = world();
    const all = await Promise.all(Array.from({ length: 100 }, () => another().acquire("api", ten)));
    expect(all.filter(({ acquired }) => acquired)).toHaveLength(10);
  });

  it("takes a whole bucket for more than it holds", async () => {
    const { limiter } = world();
    expect(await limiter.acquire("api", ten, 50)).toMatchObject({ acquired: true, remaining: 0 });
    expect(await limiter.acquire("api", ten, 50)).toMatchObject({ acquired: false, retryAfterMs: 1_000 });
  });

  it("never lets more than a window's limit through in any span of its length", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(700), { maxLength: 25 }), async (gaps) => {
        const { clock, limiter } = world();
        const times: number[] = [];
        for (const gap of gaps) {
          await clock.advance(gap);
          if ((await limiter.acquire("api", three)).acquired) times.push(clock.now());
        }
        for (const from of times) {
          expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(3);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("leaves no record behind", async () => {
    const { limiter, store } = world();
    for (let i = 0; i < 20; i++) await limiter.acquire("api", ten);
    expect((await store.ping()).records).toBe(0);
  });

  it("is acquired even if the store does not hear the end of it", async () => {
    const { limiter, store } = world();
    store.settle = () => Promise.reject(new Error("away"));
    expect((await limiter.acquire("api", ten)).acquired).toBe(true);
  });
});

describe("acquireWithDelay", () => {
  it("waits for its turn, first come first served, in one wait each", async () => {
    const { clock, limiter, store } = world();
    let asked = 0;
    const admit = store.admit.bind(store);
    store.admit = (request) => {
      asked++;
      return admit(request);
    };
    const order: number[] = [];
    const start = clock.now();
    const waits = Array.from({ length: 5 }, async (_, i) => {
      const answer = await limiter.acquireWithDelay("api", one);
      order.push(i);
      return answer;
    });
    const answers = await clock.run(Promise.all(waits));
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(answers.map(({ waitedMs }) => waitedMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(answers.every(({ acquired }) => acquired)).toBe(true);
    expect(Math.round(clock.now() - start)).toBe(4_000);
    expect(asked).toBe(1 + 4 * 2);
  });

  it("waits for a window as well", async () => {
    const { clock, another } = world();
    const start = clock.now();
    const times: number[] = [];
    const order: number[] = [];
    const limiter = another();
    const calls = Array.from({ length: 7 }, async (_, i) => {
      expect((await limiter.acquireWithDelay("api", three)).acquired).toBe(true);
      times.push(clock.now() - start);
      order.push(i);
    });
    await clock.run(Promise.all(calls));
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(times.filter((at) => at === 0)).toHaveLength(3);
    for (const at of times) {
      expect(times.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(3);
    }
    expect(times.at(-1)).toBeLessThan(3_000);
  });

  it("keeps the order of those who may go at the same moment, whoever wakes first", async () => {
    const { clock, limiter } = world();
    const sleep = clock.sleep;
    let jitter = 5;
    clock.sleep = (ms, signal) => sleep(ms + jitter--, signal);
    await limiter.acquire("api", three, 3);
    const order: number[] = [];
    const calls = [0, 1, 2].map(async (i) => {
      await limiter.acquireWithDelay("api", three);
      order.push(i);
    });
    await clock.run(Promise.all(calls));
    expect(order).toEqual([0, 1, 2]);
  });

  it("refuses at once a turn that is further away than maxWaitMs, at no cost", async () => {
    const { clock, limiter } = world();
    await limiter.acquire("api", one);
    const refused = await limiter.acquireWithDelay("api", one, 1, { maxWaitMs: 999 });
    expect(refused).toEqual({ acquired: false, remaining: 0, retryAfterMs: 1_000, waitedMs: 0 });
    const waited = await clock.run(limiter.acquireWithDelay("api", one, 1, { maxWaitMs: 1_000 }));
    expect(waited).toMatchObject({ acquired: true, waitedMs: 1_000 });
  });

  it("gives its turn back when it is aborted", async () => {
    const { clock, limiter } = world();
    await limiter.acquire("api", one);
    const controller = new AbortController();
    const waiting = limiter.acquireWithDelay("api", one, 1, { signal: controller.signal });
    await clock.advance(300);
    controller.abort();
    expect(await waiting).toEqual({ acquired: false, remaining: 0, retryAfterMs: 700, waitedMs: 300 });
    expect(clock.pending).toBe(0);
    await clock.advance(700);
    expect((await limiter.acquire("api", one)).acquired).toBe(true);
  });

  it("asks nobody with a signal that is aborted already", async () => {
    const { limiter } = world();
    const answer = await limiter.acquireWithDelay("api", ten, 1, { signal: AbortSignal.abort() });
    expect(answer).toEqual({ acquired: false, remaining: 10, retryAfterMs: 0, waitedMs: 0 });
  });

  it("waits as long as the limiter says when the call does not", async () => {
    const { limiter } = world({ maxWaitMs: 0 });
    await limiter.acquire("api", one);
    expect((await limiter.acquireWithDelay("api", one)).acquired).toBe(false);
  });
});

describe("reading and resetting", () => {
  it("takes nothing", async () => {
    const { limiter } = world();
    await limiter.acquire("api", ten, 3);
    for (let i = 0; i < 3; i++) expect(await limiter.checkRemaining("api", ten)).toBe(7);
    expect(await limiter.getBucketStats("api", ten)).toEqual({
      capacity: 10,
      refillPerSecond: 10,
      remaining: 7,
      reserved: 0,
      retryAfterMs: 0,
      resetAfterMs: 300,
      frozenMs: 0,
      rate: 1,
    });
  });

  it("tells what is reserved ahead", async () => {
    const { clock, limiter } = world();
    const waiting = [1, 2, 3].map(() => limiter.acquireWithDelay("api", one));
    await clock.advance(0);
    expect(await limiter.checkRemaining("api", one)).toBe(0);
    expect(await limiter.getBucketStats("api", one)).toMatchObject({ remaining: -2, retryAfterMs: 3_000 });
    await clock.run(Promise.all(waiting));
  });

  it("tells the size of a window", async () => {
    const { limiter } = world();
    await limiter.acquire("api", three);
    const stats = await limiter.getBucketStats("api", three);
    expect(stats).toMatchObject({ capacity: 3, refillPerSecond: 3, remaining: 2, resetAfterMs: 1_000 });
  });

  it("resetBucket makes it full again", async () => {
    const { limiter } = world();
    expect(await limiter.resetBucket("api", one)).toBe(false);
    await limiter.acquire("api", one);
    expect(await limiter.resetBucket("api", one)).toBe(true);
    expect(await limiter.checkRemaining("api", one)).toBe(1);
  });

  it("cleanupExpiredBuckets drops those that are full again, and no others", async () => {
    const { clock, limiter } = world();
    const slow = tokenBucket({ capacity: 10, refillPerSecond: 0.1 });
    for (const id of [1, 2, 3]) await limiter.acquire(id, one);
    await limiter.acquire("api", slow);
    await clock.advance(1_000);
    expect(await limiter.cleanupExpiredBuckets()).toBe(3);
    expect(await limiter.checkRemaining("api", slow)).toBe(9);
  });
});

describe("types", () => {
  it.each([
    ["CHAT", 7, 20, 3_000],
    ["CHAT", "any-name", 20, 3_000],
    ["CHAT", -100, 20, 60_000],
    ["GLOBAL", "global", 30, 34],
    ["USER", 7, 1, 60_000],
  ] as const)(
    "%s of %s lets %i through, then says to come again in %i ms",
    async (type, id, capacity, retryAfterMs) => {
      const { limiter } = world();
      for (let i = 0; i < capacity; i++) expect((await limiter.acquire(id, type)).acquired).toBe(true);
      expect(await limiter.acquire(id, type)).toMatchObject({ acquired: false, retryAfterMs });
    },
  );

  it("have these numbers where the guard's own rule is off", async () => {
    const { limiter } = createGuard({ limits: false });
    expect((await limiter.getBucketStats(7, "CHAT")).capacity).toBe(20);
    expect((await limiter.getBucketStats(7, "USER")).capacity).toBe(1);
    expect((await limiter.getBucketStats("global", RateLimitType.GLOBAL)).capacity).toBe(30);
  });

  it("have the guard's numbers where it is on", async () => {
    const { limiter } = createGuard({ limits: { chat: ten, group: three, user: one, global: three } });
    expect((await limiter.getBucketStats(7, RateLimitType.CHAT)).capacity).toBe(10);
    expect((await limiter.getBucketStats("@news", RateLimitType.CHAT)).capacity).toBe(3);
    expect((await limiter.getBucketStats(7, RateLimitType.USER)).refillPerSecond).toBe(1);
    expect((await limiter.getBucketStats("global", RateLimitType.GLOBAL)).capacity).toBe(3);
  });

  it("are the very rules that messages pay: both count together", async () => {
    const clock = new VirtualClock();
    const guard = createGuard({ clock, namespace: "4242" });
    const call = (chat_id: number | string, text: string): Call => ({
      bot: "4242",
      method: "sendMessage",
      payload: { chat_id, text },
    });
    const send = async () => ({ type: "response", body: { ok: true, result: {} } }) as const;
    await guard.run(call(7, "a"), send);
    await guard.run(call("-100", "b"), send);
    expect(await guard.limiter.checkRemaining("7", "CHAT")).toBe(19);
    expect(await guard.limiter.checkRemaining(-100, "CHAT")).toBe(19);
    expect(await guard.limiter.checkRemaining("global", "GLOBAL")).toBe(28);
    expect(await guard.limiter.checkRemaining("4242", "GLOBAL")).toBe(28);
    await guard.limiter.acquire(7, "CHAT", 19);
    const delivery = await guard.run(call(7, "c"), send, AbortSignal.abort());
    expect(delivery.status).toBe("aborted");
    expect((await guard.limiter.acquire(7, "CHAT")).acquired).toBe(false);
  });

  it("are not the rules of somebody's own, and ids do not share", async () => {
    const { limiter, another } = world();
    const twenty = tokenBucket({ capacity: 20, refillPerSecond: 20 / 60 });
    await limiter.acquire(7, "CHAT", 20);
    expect(await limiter.checkRemaining(7, twenty)).toBe(20);
    expect(await limiter.checkRemaining(7, "USER")).toBe(1);
    expect(await limiter.checkRemaining(8, "CHAT")).toBe(20);
    expect(await limiter.checkRemaining("other", "GLOBAL")).toBe(30);
    expect(await another({ namespace: "4242" }).checkRemaining(7, "CHAT")).toBe(20);
  });

  it("a burst and a quota for one id are two buckets", async () => {
    const { limiter } = world();
    await limiter.acquire("api", ten, 10);
    expect(await limiter.checkRemaining("api", three)).toBe(3);
    expect(await limiter.checkRemaining("api", { ...ten })).toBe(0);
  });

  it("a frozen chat has nothing left", async () => {
    const clock = new VirtualClock();
    const guard = createGuard({ clock, namespace: "4242", maxWaitMs: 0 });
    const body = {
      ok: false,
      error_code: 429,
      description: "flood",
      parameters: { retry_after: 9 },
    } as const;
    const call = { bot: "4242", method: "sendMessage", payload: { chat_id: 7, text: "a" } };
    await guard.run(call, async () => ({ type: "response", body }));
    expect(await guard.limiter.checkRemaining(7, "CHAT")).toBe(0);
    expect(await guard.limiter.acquire(7, "CHAT")).toMatchObject({ acquired: false, retryAfterMs: 9_000 });
    expect((await guard.limiter.getBucketStats(7, "CHAT")).frozenMs).toBe(9_000);
    const waited = await clock.run(guard.limiter.acquireWithDelay(7, "CHAT", 1, { maxWaitMs: 10_000 }));
    expect(waited).toMatchObject({ acquired: true, waitedMs: 9_000 });
  });
});

describe("what is wrong is named", () => {
  const limiter = new TokenBucketRateLimiter();
  it.each<[RegExp, () => Promise<unknown>]>([
    [/id must be/, () => limiter.acquire("", "CHAT")],
    [/id must be/, () => limiter.acquire(1.5, "CHAT")],
    [/id must be/, () => limiter.checkRemaining(null as never, "CHAT")],
    [/"CHAT", "GLOBAL" or "USER"/, () => limiter.acquire(1, "chat" as never)],
    [/capacity/, () => limiter.acquire(1, { kind: "tokenBucket", capacity: 0, refillPerSecond: 1 })],
    [/tokens must be/, () => limiter.acquire(1, "CHAT", 0)],
    [/tokens must be/, () => limiter.acquire(1, "CHAT", 1.5)],
    [/maxWaitMs/, () => limiter.acquireWithDelay(1, "CHAT", 1, { maxWaitMs: -1 })],
    [/maxWait`/, () => limiter.acquireWithDelay(1, "CHAT", 1, { maxWait: 1 } as never)],
  ])("%s", async (words, call) => {
    const failure = call();
    await expect(failure).rejects.toThrow(ConfigurationError);
    await expect(failure).rejects.toThrow(words);
  });

  it("options", () => {
    expect(() => new TokenBucketRateLimiter({ limit: 5 } as never)).toThrow(
      /TokenBucketRateLimiter: unknown option/,
    );
    expect(() => new TokenBucketRateLimiter({ limits: { chat: 5 } as never })).toThrow(/`limits.chat`/);
  });
});
