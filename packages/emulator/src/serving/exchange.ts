/** Why an exchange ended before its answer: the client hung up, the server restarts, or the emulator closes. */
export type Interruption = "gone" | "restart" | "closed";

/** One request in flight. */
export class Exchange {
  readonly #ended = new AbortController();
  readonly #stopped = new AbortController();
  #reason: Interruption | undefined;

  /** Set once the exchange was interrupted. */
  get reason(): Interruption | undefined {
    return this.#reason;
  }

  /** Aborted by any interruption. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Aborted when the server stops working on the request: not by a client that hangs up, for Telegram works on. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Ends the exchange; the server's own stop outranks a client that has gone. */
  interrupt(reason: Interruption): void {
    if (this.#reason === undefined || reason !== "gone") this.#reason = reason;
    if (reason !== "gone") this.#stopped.abort();
    this.#ended.abort();
  }

  /** Ends when the exchange was interrupted. */
  untilEnded(): Promise<void> {
    return new Promise((resolve) => {
      if (this.ended.aborted) resolve();
      else this.ended.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

/** The requests in flight, so that a restart or a close can end them all. */
export class OpenExchanges {
  readonly #open = new Set<Exchange>();

  /** Runs `work` in a new exchange that ends with it. */
  async during<T>(work: (exchange: Exchange) => Promise<T>, exchange = new Exchange()): Promise<T> {
    this.#open.add(exchange);
    try {
      return await work(exchange);
    } finally {
      this.#open.delete(exchange);
    }
  }

  /** Interrupts every request in flight but one. */
  interruptAll(reason: Interruption, except?: Exchange): void {
    for (const exchange of this.#open) if (exchange !== except) exchange.interrupt(reason);
  }
}
