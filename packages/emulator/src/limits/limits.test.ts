import { describe, expect, it } from "vitest";
import { TokenBucket } from "./bucket.js";
import { Meter } from "./meter.js";
import { changeLimits, telegramLimits } from "./numbers.js";
import { ToldToWait } from "./told-to-wait.js";
import { TrailingWindow } from "./window.js";

describe("a trailing window", () => {
  const rule = { limit: 3, perMs: 60_000 };

  it("admits exactly its limit in any period, and a place frees a period after it was taken", () => {
    const window = new TrailingWindow();
    for (const at of [0, 10_000, 20_000]) {
      expect(window.waitMs(rule, 1, at)).toBe(0);
      window.take(1, at);
    }
    expect(window.waitMs(rule, 1, 20_000)).toBe(40_000);
    expect(window.waitMs(rule, 1, 59_999)).toBe(1);
    expect(window.waitMs(rule, 1, 60_000)).toBe(0);
  });

  it("waits for N places, and a cost above the limit waits for the whole window", () => {
    const window = new TrailingWindow();
    window.take(1, 0);
    window.take(1, 30_000);
    expect(window.waitMs(rule, 2, 30_000)).toBe(30_000);
    expect(window.waitMs(rule, 9, 30_000)).toBe(60_000);
  });
});

describe("a token bucket", () => {
  const rule = { capacity: 20, refillPerSecond: 1 };

  it("gives its capacity at once, then refills evenly and never above its capacity", () => {
    const bucket = new TokenBucket();
    bucket.take(rule, 20, 0);
    expect(bucket.waitMs(rule, 1, 0)).toBe(1000);
    expect(bucket.waitMs(rule, 1, 999)).toBe(1);
    expect(bucket.waitMs(rule, 1, 1000)).toBe(0);
    expect(bucket.waitMs(rule, 20, 1_000_000)).toBe(0);
  });

  it("loses nothing to floating point over many thirds of a second", () => {
    const bucket = new TokenBucket();
    const thirds = { capacity: 2, refillPerSecond: 3 };
    bucket.take(thirds, 1, 0);
    for (let n = 0; n < 1000; n++) {
      const at = Math.ceil((n * 1000) / 3);
      expect(bucket.waitMs(thirds, 1, at)).toBe(0);
      bucket.take(thirds, 1, at);
    }
    expect(bucket.waitMs(thirds, 1, 333_000)).toBeGreaterThan(300);
  });

  it("lets a cost above the capacity through when full, and is in debt afterwards", () => {
    const bucket = new TokenBucket();
    expect(bucket.waitMs(rule, 25, 0)).toBe(0);
    bucket.take(rule, 25, 0);
    expect(bucket.waitMs(rule, 1, 0)).toBe(6000);
  });
});

describe("the meter", () => {
  const charge = { bot: 42, place: "42::7", group: false, cost: 1, paid: false };

  it("a refused charge consumes nothing, of any rule", () => {
    const meter = new Meter({ ...telegramLimits(), chat: { capacity: 1, refillPerSecond: 1 } });
    expect(meter.admit(charge, 0)).toEqual([]);
    for (let n = 0; n < 100; n++) expect(meter.admit(charge, 0)).toEqual([{ scope: "chat", waitMs: 1000 }]);
    for (let n = 1; n < 36; n++) expect(meter.admit({ ...charge, place: `chat ${n}` }, 0)).toEqual([]);
    expect(meter.admit({ ...charge, place: "one more" }, 0)).toEqual([{ scope: "bot", waitMs: 34 }]);
  });

  it("a paid broadcast pays its own bucket instead of the bot's", () => {
    const meter = new Meter(telegramLimits());
    for (let n = 0; n < 1100; n++)
      expect(meter.admit({ ...charge, place: `${n}`, paid: true }, 0)).toEqual([]);
    expect(meter.admit({ ...charge, place: "next", paid: true }, 0)).toEqual([{ scope: "bot", waitMs: 1 }]);
    expect(meter.admit({ ...charge, place: "free" }, 0)).toEqual([]);
  });

  it("a rule that is switched off refuses nothing; changed numbers hold at once", () => {
    const limits = telegramLimits();
    const meter = new Meter(limits);
    changeLimits(limits, false);
    for (let n = 0; n < 500; n++) expect(meter.admit(charge, 0)).toEqual([]);
    changeLimits(limits, { chat: { capacity: 1, refillPerSecond: 1 } });
    expect(meter.admit(charge, 0)).toEqual([]);
    expect(meter.admit(charge, 0)).toHaveLength(1);
  });

  it("numbers that let nothing through are refused with the remedy", () => {
    expect(() => changeLimits(telegramLimits(), { group: { limit: 0, perMs: 1 } })).toThrow(
      /false to switch/,
    );
    expect(() => changeLimits(telegramLimits(), { bot: { capacity: 1, refillPerSecond: 0 } })).toThrow(
      RangeError,
    );
  });
});

it("a longer wait that was told earlier stands", () => {
  const told = new ToldToWait();
  told.tell("chat", 5000);
  told.tell("chat", 3000);
  expect(told.remainingMs("chat", 1000)).toBe(4000);
  expect(told.remainingMs("chat", 6000)).toBe(0);
});
