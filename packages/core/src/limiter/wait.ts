import type { AbortSignalLike } from "../call.js";
import type { Clock } from "../clock.js";

type Signals = readonly (AbortSignalLike | undefined)[];

/**
 * Waits for `event`, at most `ms`, or until one of the signals aborts. Never rejects; leaves no timer and no listener
 * behind.
 */
export function waitUntil(
  clock: Clock,
  event: Promise<unknown>,
  ms: number,
  ...signals: Signals
): Promise<void> {
  return untilCalled(signals, (alarm, ring) =>
    Promise.race([event.then(ring, ring), clock.sleep(ms, alarm)]),
  );
}

/** Sleeps `ms`, or until one of the signals aborts. Never rejects; leaves no timer and no listener behind. */
export function pause(clock: Clock, ms: number, ...signals: Signals): Promise<void> {
  return untilCalled(signals, (alarm) => clock.sleep(ms, alarm));
}

/** Waits for `event`, or until one of the signals aborts. Never rejects; leaves no listener behind. */
export function unlessCalled(event: Promise<unknown>, ...signals: Signals): Promise<void> {
  return untilCalled(signals, (alarm, ring) => {
    const called = new Promise<void>((resolve) => alarm.addEventListener("abort", () => resolve()));
    void event.then(ring, ring);
    return called;
  });
}

async function untilCalled(
  signals: Signals,
  wait: (alarm: AbortSignal, ring: () => void) => Promise<unknown>,
): Promise<void> {
  if (signals.some((signal) => signal?.aborted)) return;
  const alarm = new AbortController();
  const ring = () => alarm.abort();
  for (const signal of signals) signal?.addEventListener("abort", ring);
  try {
    await wait(alarm.signal, ring);
  } finally {
    ring();
    for (const signal of signals) signal?.removeEventListener("abort", ring);
  }
}
