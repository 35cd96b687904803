import { describe, expect, it } from "vitest";
import { carriedOptions, type DeliveryOptions, delivery, withDelivery } from "./delivery-options.js";
import { ConfigurationError } from "./errors.js";

const options: DeliveryOptions = {
  key: "invoice-42",
  priority: "high",
  ttlMs: 1_000,
  maxWaitMs: 0,
  cost: 2,
  onMismatch: "replay",
};

describe("delivery()", () => {
  it("rides on a payload unseen by JSON, forms and key lists, and survives a spread", () => {
    const payload = { chat_id: 5, ...{ parse_mode: "HTML", ...delivery(options) } };
    expect(carriedOptions(payload)).toEqual(options);
    expect(JSON.stringify(payload)).toBe('{"chat_id":5,"parse_mode":"HTML"}');
    expect(Object.keys(payload)).toEqual(["chat_id", "parse_mode"]);
  });

  it("is frozen and a copy: what the caller changes later does not count", () => {
    const mine = { key: "a" };
    const payload = delivery(mine);
    mine.key = "b";
    expect(carriedOptions(payload)).toEqual({ key: "a" });
    expect(Object.isFrozen(carriedOptions(payload))).toBe(true);
  });

  it("is nothing on an ordinary payload", () => {
    expect(carriedOptions({ chat_id: 5 })).toBeUndefined();
  });
});

const wrong: [string, object][] = [
  ["key", { key: "" }],
  ["key", { key: 42 }],
  ["priority", { priority: "urgent" }],
  ["ttlMs", { ttlMs: 0 }],
  ["ttlMs", { ttlMs: 1.5 }],
  ["ttlMs", { ttlMs: 1e15 }],
  ["maxWaitMs", { maxWaitMs: -1 }],
  ["maxWaitMs", { maxWaitMs: Number.NaN }],
  ["maxWaitMs", { maxWaitMs: Number.POSITIVE_INFINITY }],
  ["cost", { cost: 0 }],
  ["cost", { cost: "2" }],
  ["onMismatch", { onMismatch: "ignore" }],
  ["prioritiy", { prioritiy: "high" }],
];

describe.each([
  ["delivery", (given: object) => delivery(given as DeliveryOptions)],
  ["withDelivery", (given: object) => withDelivery(given as DeliveryOptions, () => 1)],
] as const)("%s", (who, make) => {
  it.each(wrong)("names a wrong %s and the remedy: %j", (name, given) => {
    expect(() => make(given)).toThrow(ConfigurationError);
    expect(() => make(given)).toThrow(name);
    expect(() => make(given)).toThrow(who);
    expect(() => make(given)).toThrow(/must be|the options are/);
  });

  it("takes an object and nothing else", () => {
    for (const given of [null, [], "key", 5]) expect(() => make(given as object)).toThrow(ConfigurationError);
  });
});

it("withDelivery answers what its function does", async () => {
  expect(withDelivery({}, () => 5)).toBe(5);
  expect(await withDelivery({ key: "k" }, async () => 5)).toBe(5);
});
