/** Ends with Ctrl-C, with SIGTERM, when the reader of a pipe goes, or when told. */
export interface Ending {
  readonly promise: Promise<void>;
  readonly signal: AbortSignal;
  stop(): void;
}

/** Listens for the end; its listeners are gone once it has come. */
export function untilStopped(): Ending {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const name of signals) process.on(name, stop);
  process.stdout.on("error", stop);
  const promise = new Promise<void>((resolve) => {
    controller.signal.addEventListener("abort", () => {
      for (const name of signals) process.off(name, stop);
      resolve();
    });
  });
  return { promise, signal: controller.signal, stop };
}
