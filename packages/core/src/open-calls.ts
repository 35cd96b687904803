import { setMaxListeners } from "node:events";
import type { Clock } from "./clock.js";
import { waitUntil } from "./limiter/wait.js";

/** Calls that the guard has not answered yet, and the end of taking any. */
export class OpenCalls {
  readonly #open = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor() {
    // Every call that waits listens to it; that many are no leak.
    setMaxListeners(0, this.#closing.signal);
  }

  get size(): number {
    return this.#open.size;
  }

  /** Aborts when no more calls are taken: whoever waits then is refused. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  async track<T>(work: Promise<T>): Promise<T> {
    this.#open.add(work);
    try {
      return await work;
    } finally {
      this.#open.delete(work);
    }
  }

  /** Takes no more, wakes who waits, and gives open requests at most `ms`. */
  async drain(clock: Clock, ms: number): Promise<void> {
    this.#closing.abort();
    await waitUntil(clock, this.#drained(), ms);
  }

  async #drained(): Promise<void> {
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
  }
}
