import { isStoreUnavailable } from "../errors.js";
import type { AdmitRequest, SettleRequest, Store } from "./port.js";

/** Outcomes kept at most while the store is away; beyond, the oldest go, first those that only free a key. */
const mostKept = 10_000;
/** Written at a time. */
const width = 16;

/** Outcomes that the shared store has not taken yet. */
export class WriteBack {
  readonly #shared: Pick<Store, "admit" | "settle">;
  readonly #onDropped: (count: number) => void;
  readonly #waiting = new Set<SettleRequest>();
  /** How many outcomes wait for each record. */
  readonly #owed = new Map<string, number>();
  #flushing: Promise<void> | undefined;

  /** @param onDropped told how many outcomes of sent messages were given up */
  constructor(shared: Pick<Store, "admit" | "settle">, onDropped: (count: number) => void = () => {}) {
    this.#shared = shared;
    this.#onDropped = onDropped;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(outcome: SettleRequest): void {
    this.#waiting.add(outcome);
    const name = nameOf(outcome);
    this.#owed.set(name, (this.#owed.get(name) ?? 0) + 1);
    if (this.#waiting.size > mostKept) this.#makeRoom();
  }

  /** Does an outcome of this record wait? */
  owes(bot: string, record: string): boolean {
    return this.#owed.has(nameOf({ bot, record }));
  }

  #makeRoom(): void {
    let oldest: SettleRequest | undefined;
    for (const waiting of this.#waiting) {
      oldest ??= waiting;
      if (tells(waiting)) continue;
      this.#forget(waiting);
      return;
    }
    this.#forget(oldest!);
    this.#onDropped(1);
  }

  #forget(outcome: SettleRequest): void {
    if (!this.#waiting.delete(outcome)) return;
    const name = nameOf(outcome);
    const left = (this.#owed.get(name) ?? 1) - 1;
    if (left > 0) this.#owed.set(name, left);
    else this.#owed.delete(name);
  }

  /** Writes what waits, oldest first; stops when the store is away again, and the rest waits for the next time. */
  flush(): Promise<void> {
    this.#flushing ??= this.#writeAll().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      const taken = await Promise.all(batch.map((outcome) => this.#isTaken(outcome)));
      if (taken.includes(false)) return;
    }
  }

  #next(): SettleRequest[] {
    const batch: SettleRequest[] = [];
    for (const outcome of this.#waiting) {
      if (batch.length === width) break;
      batch.push(outcome);
    }
    return batch;
  }

  /** A key that holds somebody else's value will never take it, and must not hold up the others. */
  async #isTaken(outcome: SettleRequest): Promise<boolean> {
    try {
      await this.#write(outcome);
    } catch (error) {
      if (isStoreUnavailable(error)) return false;
    }
    this.#forget(outcome);
    return true;
  }

  /** Where the store has this owner's own record it is settled; where it has none it is made. */
  async #write(outcome: SettleRequest): Promise<void> {
    for (let attempt = outcome.attempt; attempt >= 0; attempt--) {
      if (await this.#shared.settle({ ...outcome, attempt })) return;
    }
    if (!tells(outcome)) return;
    const admission = await this.#shared.admit(claimOf(outcome));
    if (admission.status === "go") await this.#shared.settle({ ...outcome, rules: [] });
  }
}

/** Does it tell that a message is out, or may be? Others only free a key. */
export const tells = ({ as }: SettleRequest): boolean => as === "done" || as === "ambiguous";

const nameOf = ({ bot, record }: Pick<SettleRequest, "bot" | "record">): string => `${bot}:${record}`;

const claimOf = ({ bot, owner, attempt, record, content, ttlUs }: SettleRequest): AdmitRequest => ({
  bot,
  owner,
  attempt,
  claim: { id: record, content, mode: "send" },
  rules: [],
  maxWaitUs: 0,
  leaseUs: 1_000_000,
  graceUs: 0,
  ttlUs,
});
