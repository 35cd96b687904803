import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Somebody asked the demo to end before it was through. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** As shells have it. */
  readonly exitCode: number;

  constructor(signal: (typeof signals)[number]) {
    super(`ended by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** Runs `work`, or rejects when a signal comes first; a second one ends the process as ever. */
export async function untilInterrupted<T>(work: Promise<T>): Promise<T> {
  let listen = (_: NodeJS.Signals) => {};
  const interrupted = new Promise<never>((_, reject) => {
    listen = (signal) => reject(new Interrupted(signal as (typeof signals)[number]));
  });
  for (const signal of signals) process.once(signal, listen);
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    for (const signal of signals) process.off(signal, listen);
  }
}
