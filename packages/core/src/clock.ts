import type { AbortSignalLike } from "./call.js";

/** The only source of time and sleep in the domain, so that tests can move time instead of sleeping. */
export interface Clock {
  /** Milliseconds since 1970; never runs backwards; may carry fractions. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (never rejects: the caller looks at the signal). */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void>;
  /** Calls `tick` every `ms` until the returned function is called. Keeps no process alive. */
  every(ms: number, tick: () => void): () => void;
  /**
   * Starts to measure; answers the function that tells how many milliseconds have passed. Counts the time that the
   * machine itself slept, as far as it can be known. Left out, `now` is taken.
   */
  stopwatch?(): () => number;
}

/** setTimeout's largest delay; anything longer fires at once. */
const longestTimerMs = 2_147_483_647;

/** Wall-clock time at the start plus the monotonic timer since: clock jumps of the machine do not reach us. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.timeOrigin + performance.now(),
  sleep,
  every(ms: number, tick: () => void) {
    const timer = setInterval(tick, ms);
    timer.unref?.();
    return () => clearInterval(timer);
  },
  /** The monotonic timer stands still while the machine sleeps, the wall clock may be set: the larger is the safer. */
  stopwatch() {
    const [timer, wall] = [performance.now(), Date.now()];
    return () => Math.max(performance.now() - timer, Date.now() - wall);
  },
});

/** Measures by the clock's own stopwatch, or by its `now`. */
export function stopwatch(clock: Clock): () => number {
  if (clock.stopwatch) return clock.stopwatch();
  const from = clock.now();
  return () => clock.now() - from;
}

/** Timers may fire a fraction early; waking before its turn would cost a waiter another question to the store. */
function sleep(ms: number, signal?: AbortSignalLike): Promise<void> {
  const due = performance.now() + ms;
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    let timer = setTimeout(look, delayUntil(due));
    signal?.addEventListener("abort", wake);
    function look() {
      if (performance.now() >= due) wake();
      else timer = setTimeout(look, delayUntil(due));
    }
    function wake() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    }
  });
}

const delayUntil = (due: number): number =>
  Math.min(Math.max(0, Math.ceil(due - performance.now())), longestTimerMs);

/** Milliseconds to whole microseconds, the unit of everything that a store is told. */
export const toMicros = (ms: number): number => Math.ceil(ms * 1000);

/** Whole microseconds to milliseconds. */
export const toMillis = (us: number): number => us / 1000;

/** What a clock shows, in whole microseconds. */
export const microsNow = (clock: Clock): number => Math.round(clock.now() * 1000);

/** How long to sleep so that `us` microseconds have passed for certain, in ms: one more than rounding can lose. */
export const sleepMs = (us: number): number => (us > 0 ? (us + 1) / 1000 : 0);
