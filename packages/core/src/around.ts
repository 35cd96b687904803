import type { Call, Delivery, Send } from "./call.js";

/**
 * Something to do around a call: before it, and when it has ended. Must answer what `run` answers; may give it
 * another `send`, which sends by the one that it got.
 */
export type Around = (call: Call, send: Send, run: (send: Send) => Promise<Delivery>) => Promise<Delivery>;

/** What stands around calls. Nearly always nothing, which must cost nothing. */
export class Arounds {
  #all: readonly { readonly around: Around }[] = [];
  #whole: Around | undefined;

  /** The last to come stands outermost. Answers what takes it away. */
  add(around: Around): () => void {
    const own = { around };
    this.#set([...this.#all, own]);
    return () => this.#set(this.#all.filter((other) => other !== own));
  }

  /** All of them as one; undefined while there is none. */
  get whole(): Around | undefined {
    return this.#whole;
  }

  #set(all: readonly { readonly around: Around }[]): void {
    this.#all = all;
    const [first, ...others] = all.map(({ around }) => around);
    this.#whole = first && others.reduce(outside, first);
  }
}

const outside = (inner: Around, outer: Around): Around =>
  function both(call, send, run) {
    return outer(call, send, (given) => inner(call, given, run));
  };
