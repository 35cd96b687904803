import type { Job } from "../job.js";

/** What a call waits for. */
export interface Wait {
  /** When it came into line, on the guard's clock, in ms. */
  readonly since: number;
  /** It has been asked for and is not waiting yet, or stands behind another call of its line, or for `rule`. */
  readonly state: "asking" | "behind" | "rule";
  /** The rule or cap that it waits for. */
  readonly rule?: string;
  /** When the reserved turn comes; undefined where none is reserved. */
  readonly dueAt?: number | undefined;
}

/** The calls of this process that wait, in order of arrival. One small entry each, gone when the call goes. */
export class WaitingCalls {
  readonly #waits = new Map<Job, Wait>();

  get size(): number {
    return this.#waits.size;
  }

  /** It comes into line. */
  arrive(job: Job, now: number): void {
    this.#waits.set(job, { since: now, state: "asking" });
  }

  /** It stands behind another call to its chat. */
  behind(job: Job, now: number): void {
    job.waitedFor = "line";
    this.#waits.set(job, { since: this.#since(job, now), state: "behind" });
  }

  /** It waits for a rule until `dueAt`, or for a slot of a cap. */
  forRule(job: Job, now: number, rule: string, dueAt: number | undefined): void {
    job.waitedFor = rule;
    this.#waits.set(job, { since: this.#since(job, now), state: "rule", rule, dueAt });
  }

  /** It goes, or has given up. */
  end(job: Job): void {
    this.#waits.delete(job);
  }

  [Symbol.iterator](): IterableIterator<[Job, Wait]> {
    return this.#waits.entries();
  }

  #since(job: Job, now: number): number {
    return this.#waits.get(job)?.since ?? now;
  }
}
