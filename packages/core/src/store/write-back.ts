import type { AdmitRequest, SettleRequest, Store } from "./port.js";

/** Outcomes kept at most while the store is away; the oldest go first. */
const mostKept = 10_000;

/** Outcomes that the shared store has not taken yet. */
export class WriteBack {
  readonly #shared: Store;
  #waiting: SettleRequest[] = [];
  #flushing = false;

  constructor(shared: Store) {
    this.#shared = shared;
  }

  add(outcome: SettleRequest): void {
    this.#waiting.push(outcome);
    if (this.#waiting.length > mostKept) this.#waiting.shift();
  }

  /** Writes what waits; stops at the first failure, to go on at the next recovery. */
  async flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        await this.#write(next);
        this.#waiting.shift();
      }
    } catch {
      // Away again: the rest waits.
    } finally {
      this.#flushing = false;
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
