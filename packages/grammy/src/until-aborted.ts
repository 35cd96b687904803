import type { AbortSignalLike } from "@sendonce/core";

/** Resolves to undefined when the signal aborts first. */
export function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignalLike | undefined,
): Promise<T | undefined> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => resolve(undefined);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
