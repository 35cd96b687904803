import type { Call, Delivery, Send } from "./call.js";

/**
 * Something to do around a call: before it, and when it has ended. Must answer what `run` answers; may give it
 * another `send`, which sends by the one that it got.
 */
export type Around = (call: Call, send: Send, run: (send: Send) => Promise<Delivery>) => Promise<Delivery>;

/** What stands around calls. Nearly always nothing, which must cost nothing. */
export class Arounds {
  #all: readonly Around[] = [];

  /** The last to come stands outermost. Answers what takes it away. */
  add(around: Around): () => void {
    // One of its own, since the same may be given twice.
    const own: Around = (call, send, run) => around(call, send, run);
    this.#all = [...this.#all, own];
    return () => {
      this.#all = this.#all.filter((other) => other !== own);
    };
  }

  get isEmpty(): boolean {
    return this.#all.length === 0;
  }

  run(call: Call, send: Send, run: (send: Send) => Promise<Delivery>): Promise<Delivery> {
    const whole = this.#all.reduce((inner, around) => (given: Send) => around(call, given, inner), run);
    return whole(send);
  }
}
