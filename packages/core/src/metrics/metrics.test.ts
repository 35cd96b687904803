import { describe, expect, test } from "vitest";
import type { Reply } from "../call.js";
import { methodTable, starsOf } from "../methods.js";
import { failed, flood, GuardBench, refused } from "../testing/guard-bench.js";
import { BoundedNames, methodLabel, other } from "./labels.js";
import { measure } from "./measure.js";
import type { MeasureName } from "./measures.js";
import type { Labels } from "./recorder.js";

/** A guard whose series can be read: `value("sent", { method: "sendMessage" })`. */
function counted(...options: ConstructorParameters<typeof GuardBench>) {
  const bench = new GuardBench(...options);
  const series = new Map<string, number[]>();
  const key = (name: MeasureName, labels: Labels) => JSON.stringify([name, labels]);
  const add = (name: MeasureName, labels: Labels) => {
    const all = series.get(key(name, labels)) ?? [];
    series.set(key(name, labels), all);
    return (by: number) => void all.push(by);
  };
  const measuring = measure(bench.guard, { counter: add, histogram: add });
  const observed = (name: MeasureName, labels: Labels = {}) =>
    series.get(key(name, { bot: "1", ...labels })) ?? [];
  const value = (name: MeasureName, labels: Labels = {}) =>
    observed(name, labels).reduce((sum, by) => sum + by, 0);
  return { bench, measuring, series, observed, value };
}

const lost: Reply = failed("ECONNRESET");

describe("what is counted", () => {
  test("a send and its duplicate: a miss and a hit, one message, one prevented", async () => {
    const { bench, value } = counted();
    await bench.say("a");
    await bench.say("a");
    expect(value("sent", { method: "sendMessage" })).toBe(1);
    expect(value("checks", { scope: "content", result: "miss" })).toBe(1);
    expect(value("checks", { scope: "content", result: "hit" })).toBe(1);
    expect(value("duplicates", { scope: "content", method: "sendMessage" })).toBe(1);
    expect(value("stars")).toBe(0);
  });

  test("the Stars that duplicates would have cost", async () => {
    const { bench, value } = counted();
    for (let i = 0; i < 3; i++) await bench.call({ chat_id: 5, text: "a", allow_paid_broadcast: true });
    const premium = { user_id: 5, month_count: 3, star_count: 1000 };
    for (let i = 0; i < 2; i++) await bench.call(premium, { method: "giftPremiumSubscription" });
    expect(value("stars")).toBeCloseTo(1000.2);
  });

  test("each unknown outcome once, however many shared it", async () => {
    const { bench, value } = counted();
    bench.answers(bench.after(100, lost));
    await bench.clock.run(Promise.all([1, 2, 3].map(() => bench.start({ chat_id: 5, text: "a" }))));
    await bench.say("a");
    expect(value("ambiguous", { method: "sendMessage" })).toBe(1);
    expect(value("errors", { class: "unknown" })).toBe(1);
    expect(value("checks", { scope: "content", result: "miss" })).toBe(1);
    expect(value("checks", { scope: "content", result: "hit" })).toBe(3);
    expect(value("refusals", { code: "ambiguous" })).toBe(1);
  });

  test("rejections and what never left, by class", async () => {
    const { bench, value } = counted();
    bench.answers(refused(403), failed("ECONNREFUSED"));
    await bench.say("a");
    await bench.say("b");
    expect([value("errors", { class: "rejected" }), value("errors", { class: "unsent" })]).toEqual([1, 1]);
    expect(value("sent", { method: "sendMessage" })).toBe(0);
  });

  test("floods, the time that they froze, and the wait of who met them", async () => {
    const { bench, value, observed } = counted();
    bench.answers(flood(3));
    await bench.say("a");
    expect(value("floods", { rule: "chat" })).toBe(1);
    expect(value("frozen", { rule: "chat" })).toBe(3);
    expect(observed("wait", { rule: "chat" })).toEqual([expect.closeTo(3, 1)]);
    expect(value("sent", { method: "sendMessage" })).toBe(1);
  });

  test("waits in the line of a chat, and for a twin", async () => {
    const { bench, observed } = counted({ limits: false });
    bench.answers(bench.after(1_000));
    await bench.clock.run(Promise.all([1, 2].map(() => bench.start({ chat_id: 5, text: "a" }))));
    expect(observed("wait", { rule: "twin" })).toEqual([1]);
  });

  test("edits that pay, once for all that were overtaken", async () => {
    const { bench, value } = counted({ edits: "coalesce" });
    const edit = (text: string) =>
      bench.start({ chat_id: 5, message_id: 1, text }, { method: "editMessageText" });
    await bench.clock.run(Promise.all(["a", "b", "c"].map(edit)));
    expect(value("sent", { method: "editMessageText" })).toBe(bench.requests.length);
  });

  test("nothing any more after the end", async () => {
    const { bench, measuring, value } = counted();
    measuring.stop();
    await bench.say("a");
    expect(value("sent", { method: "sendMessage" })).toBe(0);
  });
});

describe("labels are bounded", () => {
  test("a method is spelled as in the documentation, or is another", () => {
    expect(methodLabel("sendMessage")).toBe("sendMessage");
    expect(methodLabel("SENDmessage")).toBe("sendMessage");
    expect(methodLabel("sendMessage\nx")).toBe(other);
    for (const name of Object.values(methodTable).flat()) expect(methodLabel(name)).toBe(name);
  });

  test("two hundred bots have labels of their own, the rest share one", () => {
    let made = 0;
    const names = new BoundedNames(200, (name) => ({ name, at: made++ }));
    for (let i = 0; i < 1_000; i++) names.of(`${i}`);
    expect(names.of("5").name).toBe("5");
    expect(names.of("999")).toBe(names.of("500"));
    expect(names.of("999").name).toBe(other);
    expect([made, names.names.length]).toEqual([201, 200]);
  });

  test("no label holds a chat, a key or a text", async () => {
    const { bench, series } = counted();
    await bench.say("canary-text", 777000111);
    await bench.call({ chat_id: 777000111, text: "canary-text" }, { method: "madeUp777000111" });
    expect([...series.keys()].join()).not.toMatch(/canary|777000111/);
  });
});

test("the Stars of a call stand in its payload, or nobody knows them", () => {
  expect(starsOf("sendMessage", { chat_id: 1, text: "a" })).toBeUndefined();
  expect(starsOf("sendPaidMedia", { chat_id: 1, star_count: 5 })).toBeUndefined();
  expect(starsOf("sendGift", { gift_id: "x" })).toBeUndefined();
  expect(starsOf("transferGift", { star_count: "25" })).toBe(25);
  expect(starsOf("sendMediaGroup", { media: [{}, {}, {}], allow_paid_broadcast: true })).toBeCloseTo(0.3);
});
