import type { Clock } from "./clock.js";
import { defaults } from "./defaults.js";
import { type Job, ownershipOf, recordOf } from "./job.js";
import type { Reporter } from "./observe/report.js";
import { timing } from "./options.js";
import type { Store } from "./store/port.js";

/** How often it is looked whether a lease is due: most requests end before anybody looks once. */
const looksPerRenewal = 10;

/**
 * Prolongs the leases of open requests, each as often as `renewEveryMs` says. One timer for all of them, there only while
 * requests are open: a timer of its own would cost each of them more than its claim.
 */
export class Renewals {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  /** Open requests, and when each is due. */
  readonly #open = new Map<Job, number>();
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(store: Store, clock: Clock, reporter: Reporter) {
    this.#store = store;
    this.#clock = clock;
    this.#reporter = reporter;
  }

  begin(job: Job): void {
    if (this.#closed) return;
    this.#open.set(job, this.#clock.now() + defaults.renewEveryMs);
    this.#stop ??= this.#clock.every(defaults.renewEveryMs / looksPerRenewal, () => this.#look());
  }

  end(job: Job): void {
    this.#open.delete(job);
    if (this.#open.size === 0) this.#rest();
  }

  /** Renews nothing any more. */
  close(): void {
    this.#closed = true;
    this.#open.clear();
    this.#rest();
  }

  #look(): void {
    const now = this.#clock.now();
    // Half a look too early is better than half a look too late.
    const until = now + defaults.renewEveryMs / looksPerRenewal / 2;
    for (const [job, due] of this.#open) {
      if (due > until) continue;
      this.#open.set(job, now + defaults.renewEveryMs);
      this.#renew(job);
    }
  }

  #rest(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #renew(job: Job): void {
    const lease = { record: recordOf(job), leaseUs: timing.leaseUs, rules: job.charges };
    this.#store
      .renew({ ...ownershipOf(job), ...lease })
      .catch((error) => this.#reporter.storeFailed("renew", error));
  }
}
