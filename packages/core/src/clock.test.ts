import { afterEach, expect, test, vi } from "vitest";
import { stopwatch, systemClock } from "./clock.js";
import { GuardBench } from "./testing/guard-bench.js";
import { VirtualClock } from "./testing/virtual-clock.js";

afterEach(() => void vi.useRealTimers());

test("a stopwatch counts the time that the machine slept, which the monotonic timer does not show", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const elapsed = systemClock.stopwatch!();
  vi.setSystemTime(Date.now() + 60_000);
  expect(elapsed()).toBeGreaterThanOrEqual(60_000);
  expect(elapsed()).toBeLessThan(61_000);
});

test("a wall clock that is set back takes nothing from a stopwatch", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const elapsed = systemClock.stopwatch!();
  vi.setSystemTime(Date.now() - 60_000);
  await systemClock.sleep(20);
  expect(elapsed()).toBeGreaterThanOrEqual(20);
});

test("a clock without a stopwatch is measured by its time", async () => {
  const clock = new VirtualClock();
  const { now, sleep, every } = clock;
  const elapsed = stopwatch({ now, sleep, every });
  await clock.advance(5);
  expect(elapsed()).toBe(5);
});

/** A process whose machine sleeps so long while an answer of the store is on its way. */
async function asleepFor(ms: number) {
  const bench = new GuardBench();
  const { admit } = bench.store;
  let asked = 0;
  bench.store.admit = async (request) => {
    const admission = await admit.call(bench.store, request);
    if (asked++ === 0) bench.clock.suspend(ms);
    return admission;
  };
  const delivery = await bench.say("hello");
  return { bench, delivery, asked };
}

test("a process that wakes after its lease does not send on it, and asks again", async () => {
  const { bench, delivery, asked } = await asleepFor(30_000);
  expect(delivery.status).toBe("sent");
  expect(asked).toBe(2);
  expect(bench.texts).toEqual(["hello"]);
});

test("one that wakes within its lease sends", async () => {
  const { bench, delivery, asked } = await asleepFor(29_000);
  expect(delivery.status).toBe("sent");
  expect(asked).toBe(1);
  expect(bench.texts).toEqual(["hello"]);
});
