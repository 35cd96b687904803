import { setMaxListeners } from "node:events";
import type { Clock } from "./clock.js";
import { waitUntil } from "./limiter/wait.js";
import { type Soon, whenEnded } from "./soon.js";

/** Calls that the guard has not answered yet, and the end of taking any. */
export class OpenCalls {
  #open = 0;
  #drained: (() => void) | undefined;
  readonly #closing = new AbortController();

  constructor() {
    // Every call that waits listens to it; that many are no leak.
    setMaxListeners(0, this.#closing.signal);
  }

  get size(): number {
    return this.#open;
  }

  /** Aborts when no more calls are taken: whoever waits then is refused. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Counts it until it has ended. */
  track<T>(work: () => Soon<T>): Soon<T> {
    this.#open++;
    return whenEnded(work, this.#ended);
  }

  readonly #ended = (): void => {
    if (--this.#open === 0) this.#drained?.();
  };

  /** Takes no more, wakes who waits, and gives open requests at most `ms`. */
  async drain(clock: Clock, ms: number): Promise<void> {
    this.#closing.abort();
    if (this.#open === 0) return;
    const drained = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    await waitUntil(clock, drained, ms);
  }
}
