/**
 * The server's clock as seen from here: each answer carries it. An answer is older than its arrival, so the
 * largest offset seen is the nearest; it fades, because clocks drift.
 */
export class ServerTime {
  #offsetUs: number | undefined;
  #seenAt = 0;

  /** Has any answer told the time yet? */
  get known(): boolean {
    return this.#offsetUs !== undefined;
  }

  learn(serverUs: number): void {
    const here = performance.now() * 1000;
    const offset = serverUs - here;
    const faded = this.#offsetUs === undefined ? offset : this.#offsetUs - (here - this.#seenAt) * driftPerUs;
    this.#offsetUs = Math.max(offset, faded);
    this.#seenAt = here;
  }

  /** Microseconds on the server's clock, never ahead of it by more than the drift. */
  now(): number {
    return Math.floor(performance.now() * 1000 + (this.#offsetUs ?? 0));
  }
}

/** Clocks of two machines drift apart by less than this. */
const driftPerUs = 0.001;
