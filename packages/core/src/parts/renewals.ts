import type { Clock } from "../clock.js";
import { defaults } from "../defaults.js";

/** An operation whose lease is kept alive. */
interface Open {
  /** On the clock, in ms: from then on its record is forgotten anyway. */
  readonly until: number;
  /** `false`: it is no longer this owner's. */
  readonly renew: () => Promise<boolean>;
}

/**
 * Keeps the leases of open operations alive while this process lives: one timer for all of them, none when
 * there are none. A renewal that fails is tried again with the next tick; a lease outlasts one that is lost.
 */
export class Renewals {
  readonly #clock: Clock;
  readonly #open = new Map<string, Open>();
  #stop: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Renews until `owner` is dropped, has lost its record, or `until` has come. */
  keep(owner: string, until: number, renew: () => Promise<boolean>): void {
    this.#open.set(owner, { until, renew });
    this.#stop ??= this.#clock.every(defaults.renewEveryMs, () => this.#tick());
  }

  /** Renews no more. The last one stops the timer. */
  drop(owner: string): void {
    this.#open.delete(owner);
    if (this.#open.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Renews nothing any more. */
  dropAll(): void {
    for (const owner of this.#open.keys()) this.drop(owner);
  }

  #tick(): void {
    const now = this.#clock.now();
    for (const [owner, { until, renew }] of this.#open) {
      if (now >= until) this.drop(owner);
      else renew().then((held) => held || this.drop(owner), ignore);
    }
  }
}

/** The store is away: the next tick asks again, and a late completion by the owner counts all the same. */
const ignore = () => {};
