import { expect, it } from "vitest";
import { OpenCalls } from "./open-calls.js";
import { VirtualClock } from "./testing/virtual-clock.js";

it("calls are open until they have ended, whichever way", async () => {
  const calls = new OpenCalls();
  const work = calls.track(() => Promise.resolve("a"));
  expect(calls.size).toBe(1);
  expect([await work, calls.size]).toEqual(["a", 0]);
  expect([calls.track(() => "b"), calls.size]).toEqual(["b", 0]);
  await expect(Promise.resolve(calls.track(() => Promise.reject(new Error("no"))))).rejects.toThrow("no");
  expect(calls.size).toBe(0);
});

it("draining tells who waits at once, and ends with the last call or when its time is over", async () => {
  for (const [takesMs, drainedMs] of [
    [300, 300],
    [9_000, 1_000],
  ] as const) {
    const clock = new VirtualClock();
    const from = clock.now();
    const calls = new OpenCalls();
    for (const ms of [takesMs, 100]) void calls.track(() => clock.sleep(ms));
    const drained = calls.drain(clock, 1_000).then(() => clock.now() - from);
    expect(calls.closing.aborted).toBe(true);
    expect(await clock.run(drained)).toBe(drainedMs);
  }
});

it("nothing open, nothing to wait for", async () => {
  const clock = new VirtualClock();
  const calls = new OpenCalls();
  await calls.drain(clock, 1_000);
  expect([calls.closing.aborted, clock.pending]).toEqual([true, 0]);
});
