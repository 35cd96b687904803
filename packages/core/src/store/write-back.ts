import { isStoreUnavailable } from "../errors.js";
import type { AdmitRequest, SettleRequest, Store } from "./port.js";

/** Outcomes kept at most while the store is away; the oldest go first. */
const mostKept = 10_000;

/** Outcomes that the shared store has not taken yet. */
export class WriteBack {
  readonly #shared: Pick<Store, "admit" | "settle">;
  readonly #waiting = new Set<SettleRequest>();
  #flushing: Promise<void> | undefined;

  constructor(shared: Pick<Store, "admit" | "settle">) {
    this.#shared = shared;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(outcome: SettleRequest): void {
    this.#waiting.add(outcome);
    const [oldest] = this.#waiting;
    if (this.#waiting.size > mostKept) this.#waiting.delete(oldest!);
  }

  /** Writes what waits, oldest first; stops when the store is away again, and the rest waits for the next time. */
  flush(): Promise<void> {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #writeAll(): Promise<void> {
    for (const outcome of this.#waiting) {
      try {
        await this.#write(outcome);
      } catch (error) {
        if (isStoreUnavailable(error)) return;
        // A key that holds somebody else's value will never take it, and must not hold up the others.
      }
      this.#waiting.delete(outcome);
    }
  }

  /** Where the store has this owner's own record it is settled; where it has none it is made. */
  async #write(outcome: SettleRequest): Promise<void> {
    for (let attempt = outcome.attempt; attempt >= 0; attempt--) {
      if (await this.#shared.settle({ ...outcome, attempt })) return;
    }
    if (outcome.as !== "done" && outcome.as !== "ambiguous") return;
    const admission = await this.#shared.admit(claimOf(outcome));
    if (admission.status === "go") await this.#shared.settle({ ...outcome, rules: [] });
  }
}

const claimOf = ({ bot, owner, attempt, record, ttlUs }: SettleRequest): AdmitRequest => ({
  bot,
  owner,
  attempt,
  claim: { id: record, mode: "send" },
  rules: [],
  maxWaitUs: 0,
  leaseUs: 1_000_000,
  graceUs: 0,
  ttlUs,
});
