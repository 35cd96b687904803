import type { AbortSignalLike } from "@sendonce/core";

/** Resolves to undefined when the signal aborts first. */
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
