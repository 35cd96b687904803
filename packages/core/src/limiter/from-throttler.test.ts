import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.js";
import type { BucketParams, WindowParams } from "../store/port.js";
import { bucketTurn, takeAt } from "./bucket.js";
import type { BottleneckOptions } from "./from-bottleneck.js";
import { limitsFromThrottler } from "./from-throttler.js";
import { compileRule, type Rule, tokenBucket, window } from "./rules.js";
import { prune, takePlaces, windowTurn } from "./window.js";

const grammy = { from: "transformer-throttler" } as const;
const telegraf = { from: "telegraf-throttler" } as const;
const chatRule = (out: BottleneckOptions) => limitsFromThrottler({ out }, grammy).chat as Rule;

describe("limitsFromThrottler", () => {
  it("reads what is left out as the package's own defaults", () => {
    expect(limitsFromThrottler({}, grammy)).toEqual({
      chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }),
      group: window({ limit: 20, perMs: 60_000 }),
      global: window({ limit: 30, perMs: 1_000 }),
    });
    expect(limitsFromThrottler({}, telegraf)).toEqual({
      group: window({ limit: 20, perMs: 60_000 }),
      global: window({ limit: 30, perMs: 1_000 }),
    });
  });

  it("takes `out` for private chats or for the whole bot, as the package does", () => {
    const out = { minTime: 50 };
    expect(limitsFromThrottler({ out }, grammy).chat).toEqual(
      tokenBucket({ capacity: 1, refillPerSecond: 20 }),
    );
    expect(limitsFromThrottler({ out }, telegraf).global).toEqual(
      tokenBucket({ capacity: 1, refillPerSecond: 20 }),
    );
    expect(limitsFromThrottler({ out }, telegraf).chat).toBeUndefined();
  });

  it("knows the package by the options that only it has, and asks where none tells", () => {
    expect(limitsFromThrottler({ global: { minTime: 50 } }).chat).toBeDefined();
    expect(limitsFromThrottler({ in: { highWater: 3 } }).chat).toBeUndefined();
    expect(limitsFromThrottler({ inKey: "from" }).chat).toBeUndefined();
    expect(limitsFromThrottler({ inThrottlerError: () => {} }).chat).toBeUndefined();
    expect(() => limitsFromThrottler({ out: { minTime: 50 } })).toThrow(/say whose options/);
    expect(() => limitsFromThrottler({ in: {} }, grammy)).toThrow(
      /^limitsFromThrottler \(transformer-throttler\): unknown option `in`/,
    );
    expect(() => limitsFromThrottler({}, { from: "bottleneck" as "telegraf-throttler" })).toThrow(
      /^limitsFromThrottler: `from`/,
    );
  });

  it("takes each part's own options in place of the defaults", () => {
    const part = { minTime: 50 };
    const rule = tokenBucket({ capacity: 1, refillPerSecond: 20 });
    expect(limitsFromThrottler({ global: part, group: part, out: part }, grammy)).toEqual({
      chat: rule,
      group: rule,
      global: rule,
    });
    expect(limitsFromThrottler({ group: part, out: part }, telegraf)).toEqual({ group: rule, global: rule });
  });

  it("makes a bucket of a reservoir that is increased", () => {
    const increase = { reservoirIncreaseAmount: 2, reservoirIncreaseInterval: 250 };
    expect(chatRule({ ...increase, reservoirIncreaseMaximum: 10 })).toEqual(
      tokenBucket({ capacity: 10, refillPerSecond: 8 }),
    );
    expect(chatRule({ ...increase, reservoir: 5 })).toEqual(tokenBucket({ capacity: 5, refillPerSecond: 8 }));
  });

  it("switches off a rule for options that limit nothing over time", () => {
    expect(limitsFromThrottler({ out: { maxConcurrent: 1 } }, grammy).chat).toBe(false);
  });

  it("names each given option that has no counterpart, and none of the defaults", () => {
    const dropped: string[] = [];
    const onDropped = (option: string, reason: string) => {
      expect(reason).toMatch(/\w/);
      dropped.push(option);
    };
    limitsFromThrottler({}, { ...telegraf, onDropped });
    expect(dropped).toEqual([]);
    const group = { minTime: 333, maxConcurrent: 1, ...refill(20, 60_000), id: "groups", penalty: null };
    limitsFromThrottler({ in: { highWater: 3 }, inKey: "from", group }, { onDropped });
    expect(dropped).toEqual(["in", "inKey", "group.maxConcurrent", "group.id", "group.minTime"]);
  });

  it.each<[string, BottleneckOptions, RegExp]>([
    ["a reservoir that is never refilled", { reservoir: 100 }, /out\.reservoir.*never refilled/],
    ["an amount without an interval", { reservoirRefreshAmount: 5 }, /reservoirRefreshInterval.*missing/],
    ["an interval without an amount", { reservoirIncreaseInterval: 5 }, /reservoirIncreaseAmount.*missing/],
    ["a refill of nothing", refill(0, 1_000), /reservoirRefreshAmount.*1 or more; got 0/],
    ["nobody at a time", { maxConcurrent: 0 }, /maxConcurrent.*1 or more/],
    ["no number", { minTime: Number.NaN }, /minTime.*got NaN/],
    ["a wait without end", { minTime: Number.POSITIVE_INFINITY }, /minTime/],
  ])("refuses what would silence the bot: %s", (_, out, message) => {
    const read = () => limitsFromThrottler({ out }, grammy);
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(message);
  });
});

function refill(amount: number, everyMs: number): BottleneckOptions {
  return { reservoir: amount, reservoirRefreshAmount: amount, reservoirRefreshInterval: everyMs };
}

/** When a rule lets calls through that were made at these times (µs). */
function sendsOf(rule: Rule, arrivals: readonly number[]): number[] {
  const params = compileRule(rule, 0);
  return params.kind === "bucket"
    ? bucketSends(params, arrivals)
    : windowSends(params as WindowParams, arrivals);
}

function bucketSends(params: BucketParams, arrivals: readonly number[]): number[] {
  const state = { full: 0, lane: 0, pushed: 0 };
  return arrivals.map((now) => {
    const turn = bucketTurn(params, state, now, 1);
    takeAt(params, state, turn, 1);
    return turn;
  });
}

function windowSends(params: WindowParams, arrivals: readonly number[]): number[] {
  const places: number[] = [];
  return arrivals.map((now) => {
    prune(places, now);
    const turn = windowTurn(params, places, now, 1);
    takePlaces(places, 1, turn + params.periodUs);
    return turn;
  });
}

/** Bursts and pauses. */
const arrivals = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000_000 })), { minLength: 2, maxLength: 120 })
  .map((gaps) => {
    let now = 0;
    return gaps.map((gap) => {
      now += gap;
      return now;
    });
  });
const amount = fc.integer({ min: 1, max: 40 });
const everyMs = fc.integer({ min: 1, max: 60_000 });
const gapMs = fc.integer({ min: 1, max: 5_000 });

/** Least time that n + 1 sends in a row may take. */
function neverCloser(sends: readonly number[], n: number, us: number): void {
  for (let i = n; i < sends.length; i++) expect(sends[i]! - sends[i - n]!).toBeGreaterThanOrEqual(us);
}

describe("in no interval do the rules let more through than the throttler's numbers say", () => {
  it("a reservoir that is refilled: no more than its amount in any such interval", () => {
    fc.assert(
      fc.property(amount, everyMs, fc.option(gapMs), arrivals, (limit, ms, minTime, calls) => {
        const sends = sendsOf(chatRule({ ...refill(limit, ms), minTime }), calls);
        neverCloser(sends, limit, ms * 1_000);
      }),
    );
  });

  it("a gap: never two within it, unless a reservoir is the tighter rule", () => {
    fc.assert(
      fc.property(gapMs, fc.option(fc.tuple(amount, everyMs)), arrivals, (minTime, reservoir, calls) => {
        const rule = chatRule({ minTime, ...(reservoir && refill(...reservoir)) });
        const sends = sendsOf(rule, calls);
        if (rule.kind === "window") expect(Math.ceil(rule.perMs / minTime)).toBeGreaterThan(rule.limit);
        else neverCloser(sends, 1, minTime * 1_000);
        if (reservoir) neverCloser(sends, reservoir[0], reservoir[1] * 1_000);
      }),
    );
  });

  it("a reservoir that is increased: no more than its maximum and what came in meanwhile", () => {
    fc.assert(
      fc.property(amount, amount, everyMs, arrivals, (maximum, step, ms, calls) => {
        const sends = sendsOf(
          chatRule({
            reservoirIncreaseAmount: step,
            reservoirIncreaseInterval: ms,
            reservoirIncreaseMaximum: maximum,
          }),
          calls,
        );
        for (let from = 0; from < sends.length; from++) {
          for (let to = from; to < sends.length; to++) {
            const increases = Math.floor((sends[to]! - sends[from]!) / (ms * 1_000)) + 1;
            expect(to - from + 1).toBeLessThanOrEqual(maximum + step * increases);
          }
        }
      }),
    );
  });
});
