import type { AbortSignalLike } from "../call.js";

/** What `work` resolves to, or undefined when the signal aborts first. For adapters that wait for something. */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignalLike | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    signal.addEventListener("abort", abort);
    // Listened to in any case: nobody else may be there to hear of a failure.
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
    if (signal.aborted) abort();
  });
}
