import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.js";
import { compileRule, isRule, tokenBucket, window } from "./rules.js";

describe("rules", () => {
  it("are frozen values", () => {
    const bucket = tokenBucket({ capacity: 30, refillPerSecond: 0.5 });
    expect(bucket).toEqual({ kind: "tokenBucket", capacity: 30, refillPerSecond: 0.5 });
    const trailing = window({ limit: 20, perMs: 60_000 });
    expect(trailing).toEqual({ kind: "window", limit: 20, perMs: 60_000 });
    expect([bucket, trailing].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    ["capacity", () => tokenBucket({ capacity: 0, refillPerSecond: 1 })],
    ["capacity", () => tokenBucket({ capacity: 1.5, refillPerSecond: 1 })],
    ["capacity", () => tokenBucket({ capacity: 1_000_001, refillPerSecond: 1 })],
    ["capacity", () => tokenBucket({ capacity: Number.NaN, refillPerSecond: 1 })],
    ["refillPerSecond", () => tokenBucket({ capacity: 1, refillPerSecond: 0 })],
    ["refillPerSecond", () => tokenBucket({ capacity: 1, refillPerSecond: Number.POSITIVE_INFINITY })],
    ["refillPerSecond", () => tokenBucket({ capacity: 1, refillPerSecond: 1_000_001 })],
    ["limit", () => window({ limit: -1, perMs: 1 })],
    ["perMs", () => window({ limit: 1, perMs: 0 })],
    ["perMs", () => window({ limit: 1, perMs: Number.POSITIVE_INFINITY })],
  ])("out of range are refused by the name of the number: %s", (name, make) => {
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(name);
    expect(make).toThrow(/must be/);
  });

  it("reach to the ends of their ranges", () => {
    expect(tokenBucket({ capacity: 1_000_000, refillPerSecond: 1_000_000 }).capacity).toBe(1_000_000);
    expect(window({ limit: 1_000_000, perMs: 0.001 }).perMs).toBe(0.001);
  });

  it("become whole microseconds, never faster than asked", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1_000_000, noNaN: true }), (refillPerSecond) => {
        const compiled = compileRule(tokenBucket({ capacity: 1, refillPerSecond }), 250);
        expect(compiled.kind).toBe("bucket");
        const { intervalUs } = compiled as { intervalUs: number };
        expect(Number.isInteger(intervalUs) && intervalUs >= 1).toBe(true);
        expect(intervalUs).toBeGreaterThanOrEqual(1e6 / refillPerSecond);
        expect(intervalUs).toBeLessThanOrEqual(1e6 / refillPerSecond + 1);
      }),
    );
    expect(compileRule(window({ limit: 20, perMs: 0.0015 }), 250)).toEqual({
      kind: "window",
      limit: 20,
      periodUs: 2,
      marginUs: 250_000,
    });
  });

  it("are recognised by their kind", () => {
    expect([tokenBucket({ capacity: 1, refillPerSecond: 1 }), { kind: "window" }].every(isRule)).toBe(true);
    expect([undefined, null, 5, {}, { kind: "bucket" }].some(isRule)).toBe(false);
  });
});
