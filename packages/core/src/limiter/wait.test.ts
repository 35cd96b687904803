import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.js";
import { pause, unlessCalled, waitUntil } from "./wait.js";

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

describe.each<[string, (clock: VirtualClock, signals: readonly AbortSignal[]) => Promise<void>]>([
  ["waiting for an event", (clock, signals) => waitUntil(clock, never, 700, undefined, ...signals)],
  ["a pause", (clock, signals) => pause(clock, 700, undefined, ...signals)],
  ["waiting for an event alone", (clock, signals) => unlessCalled(clock.sleep(700), undefined, ...signals)],
])("%s", (_, wait) => {
  const lasts = async (aborted: number | undefined, during: number | undefined) => {
    const clock = new VirtualClock();
    const from = clock.now();
    const aborts = [new AbortController(), new AbortController()];
    const signals = aborts.map(({ signal }) => signal);
    if (aborted !== undefined) aborts[aborted]!.abort();
    const waiting = wait(clock, signals).then(() => clock.now() - from);
    if (during !== undefined) void clock.sleep(300).then(() => aborts[during]!.abort());
    const ms = await clock.run(waiting);
    expect(signals.flatMap((signal) => getEventListeners(signal, "abort"))).toEqual([]);
    return ms;
  };

  it("ends with any of its signals, whenever that aborts, and leaves no listener", async () => {
    expect(await lasts(undefined, undefined)).toBe(700);
    for (const which of [0, 1]) {
      expect(await lasts(which, undefined)).toBe(0);
      expect(await lasts(undefined, which)).toBe(300);
    }
  });
});
