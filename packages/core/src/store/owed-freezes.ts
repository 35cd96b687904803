import type { Clock } from "../clock.js";
import { isStoreUnavailable } from "../errors.js";
import type { FreezeRequest, Store } from "./port.js";

interface Owed {
  readonly request: FreezeRequest;
  /** When the rule thaws, on this process's clock, in ms. */
  readonly until: number;
}

/** Rules that Telegram stopped while the shared store was away: it is told what is left of that. */
export class OwedFreezes {
  readonly #shared: Pick<Store, "freeze">;
  readonly #clock: Clock;
  readonly #owed = new Map<string, Owed>();

  constructor(shared: Pick<Store, "freeze">, clock: Clock) {
    this.#shared = shared;
    this.#clock = clock;
  }

  get size(): number {
    return this.#owed.size;
  }

  /** Of several for one rule, the one that thaws last. Those that are over are forgotten. */
  add(request: FreezeRequest): void {
    const now = this.#clock.now();
    for (const [name, { until }] of this.#owed) if (until <= now) this.#owed.delete(name);
    const name = `${request.bot}:${request.rules[request.frozen]!.key}`;
    const until = now + request.retryAfterUs / 1000;
    if (until > (this.#owed.get(name)?.until ?? 0)) this.#owed.set(name, { request, until });
  }

  /** Stops at the first that is not taken: the rest waits for the next time. */
  async flush(): Promise<void> {
    for (const [name, owed] of this.#owed) {
      if (!(await this.#isTaken(owed))) return;
      if (this.#owed.get(name) === owed) this.#owed.delete(name);
    }
  }

  /** The rule alone: the record of the call that was flooded goes its own way. */
  async #isTaken({ request, until }: Owed): Promise<boolean> {
    const retryAfterUs = Math.ceil((until - this.#clock.now()) * 1000);
    if (retryAfterUs <= 0) return true;
    try {
      await this.#shared.freeze({ ...request, record: undefined, retryAfterUs });
    } catch (error) {
      return !isStoreUnavailable(error);
    }
    return true;
  }
}
