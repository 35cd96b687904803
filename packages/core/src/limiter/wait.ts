import type { AbortSignalLike } from "../call.js";
import type { Clock } from "../clock.js";

/** Waits for `event`, at most `ms`, or until the signal aborts. Leaves no timer and no listener behind. */
export async function waitUntil(
  clock: Clock,
  event: Promise<unknown>,
  ms: number,
  signal: AbortSignalLike | undefined,
): Promise<void> {
  const alarm = new AbortController();
  const stop = () => alarm.abort();
  signal?.addEventListener("abort", stop);
  try {
    if (signal?.aborted) return;
    await Promise.race([event.then(stop, stop), clock.sleep(ms, alarm.signal)]);
  } finally {
    alarm.abort();
    signal?.removeEventListener("abort", stop);
  }
}
