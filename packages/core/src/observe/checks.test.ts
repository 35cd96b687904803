import { expect, test } from "vitest";
import { window } from "../limiter/rules.js";
import { GuardBench } from "../testing/guard-bench.js";
import type { GuardEvents } from "./events.js";

function watched(...options: ConstructorParameters<typeof GuardBench>) {
  const bench = new GuardBench(...options);
  const keys: GuardEvents["keyChecked"][] = [];
  const limits: GuardEvents["limitChecked"][] = [];
  bench.guard.on("keyChecked", (event) => keys.push(event));
  bench.guard.on("limitChecked", (event) => limits.push(event));
  return { bench, keys, limits };
}

test("a key is told once for each call: new, then a duplicate", async () => {
  const { bench, keys } = watched();
  await bench.say("a");
  await bench.say("a");
  expect(keys.map(({ duplicate, found, scope }) => [duplicate, found, scope])).toEqual([
    [false, "new", "content"],
    [true, "done", "content"],
  ]);
  expect(keys[0]?.key).toBe(keys[1]?.key);
});

test("a call that comes back for its turn is no duplicate of itself", async () => {
  const { bench, keys, limits } = watched({ limits: { group: window({ limit: 1, perMs: 60_000 }) } });
  await bench.say("a", -7);
  await bench.say("b", -7);
  expect(keys.map(({ found }) => found)).toEqual(["new", "new"]);
  expect(limits.map(({ allowed, rule }) => [allowed, rule])).toEqual([
    [true, undefined],
    [false, "group"],
    [true, undefined],
  ]);
  expect(limits[1]?.waitMs).toBeGreaterThan(59_000);
  expect(limits[0]?.rules).toEqual(["group", "global"]);
});

test("a store in this process tells what is left, for nothing", async () => {
  const { bench, limits } = watched();
  await bench.say("a");
  expect(limits[0]?.remaining).toEqual({ chat: 19, global: 29 });
});

test("an unknown outcome is told to who asks for the same again", async () => {
  const { bench, keys } = watched();
  bench.answers({ type: "failure", error: new Error("lost"), code: "ECONNRESET" });
  await bench.say("a");
  await bench.say("a");
  expect(keys.map(({ found }) => found)).toEqual(["new", "ambiguous"]);
});
