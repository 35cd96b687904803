import { setMaxListeners } from "node:events";

/** The part of an AbortSignal that the emulator uses; native signals and the abort-controller polyfill both fit. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Where the emulator takes its time from: the system's, or a test's own that is moved by hand. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Ends after `ms` milliseconds; on abort it may end early or reject, the emulator copes with both. */
  sleep(ms: number, signal?: AbortSignalLike): Promise<void>;
}

/** Real time. Its timers keep the process alive until they end or are aborted. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal?.addEventListener("abort", finish);
    }),
};

/** Sleeps `ms` milliseconds; true when the whole time passed, false when the signal cut it short. */
export async function pause(clock: Clock, ms: number, signal: AbortSignalLike): Promise<boolean> {
  if (signal.aborted) return false;
  // a signal of its own: a clock that forgets to remove its listener leaves none on a signal that lives long
  const cutShort = new AbortController();
  const abort = () => cutShort.abort();
  signal.addEventListener("abort", abort);
  try {
    await clock.sleep(ms, cutShort.signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  return !signal.aborted;
}

/** An AbortController for which any number may wait. */
export function sharedAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
