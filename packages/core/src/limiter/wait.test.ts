import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.js";
import { waitUntil } from "./wait.js";

const never = new Promise<void>(() => {});

async function waited(event: Promise<unknown>, ms: number, signal?: AbortSignal, during?: () => void) {
  const clock = new VirtualClock();
  const from = clock.now();
  const waiting = waitUntil(clock, event, ms, signal);
  during?.();
  await clock.run(waiting);
  expect(clock.pending).toBe(0);
  if (signal) expect(getEventListeners(signal, "abort")).toHaveLength(0);
  return clock.now() - from;
}

describe("waiting", () => {
  it("ends when the time is over", async () => {
    expect(await waited(never, 700)).toBe(700);
  });

  it("ends with the event, whether it comes or fails", async () => {
    expect(await waited(Promise.resolve(), 700)).toBe(0);
    expect(await waited(Promise.reject(new Error("no")), 700)).toBe(0);
  });

  it("ends with an abort, before or during, and leaves no listener", async () => {
    const abort = new AbortController();
    expect(await waited(never, 700, abort.signal, () => abort.abort())).toBe(0);
    expect(await waited(never, 700, abort.signal)).toBe(0);
    expect(await waited(never, 700, new AbortController().signal)).toBe(700);
  });
});
