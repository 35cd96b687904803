import type { Clock } from "../clock.js";
import type { FailureKind } from "./ending.js";

/** How far a broadcast has come. Counts are of this process and this run. */
export interface BroadcastProgress {
  readonly id: string;
  /** `failed`: it ended in an error, with which its promise rejects. */
  readonly state: "running" | "paused" | "done" | "aborted" | "failed";
  /** Recipients that are through: `sent + replayed + failed`. */
  readonly done: number;
  /** Served by this process in this run. */
  readonly sent: number;
  /** Served before, by an earlier run or by another process. */
  readonly replayed: number;
  readonly failed: number;
  readonly failures: Readonly<Record<FailureKind, number>>;
  /** Groups that had become supergroups: served under their new id. */
  readonly migrated: number;
  /** Undefined where nobody told. */
  readonly total: number | undefined;
  /** Recipients per second, over the last seconds. */
  readonly perSecond: number;
  /** Milliseconds that are left at this rate; undefined without a total. */
  readonly leftMs: number | undefined;
  readonly elapsedMs: number;
}

/** How quickly the rate forgets: a step of one second counts for a fifth. */
const smoothingMs = 5_000;
/** A rate over less than this is noise. */
const stepMs = 200;

/** Counts recipients and tells how quickly they go through. */
export class Tally {
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #failures: Record<FailureKind, number> = {
    blocked: 0,
    deactivated: 0,
    not_found: 0,
    rejected: 0,
    invalid: 0,
    unknown: 0,
  };
  #sent = 0;
  #replayed = 0;
  #migrated = 0;
  #rateSum = 0;
  #weight = 0;
  #stepFrom: number;
  #stepDone = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#stepFrom = this.#startedAt;
  }

  sent(replayed: boolean): void {
    if (replayed) this.#replayed++;
    else this.#sent++;
  }

  failed(kind: FailureKind): void {
    this.#failures[kind]++;
  }

  migrated(): void {
    this.#migrated++;
  }

  snapshot(id: string, state: BroadcastProgress["state"], total: number | undefined): BroadcastProgress {
    const failures = { ...this.#failures };
    const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
    const done = this.#sent + this.#replayed + failed;
    const elapsedMs = this.#clock.now() - this.#startedAt;
    const perSecond = this.#rate(done, elapsedMs);
    const left = total === undefined ? undefined : Math.max(0, total - done);
    const leftMs = left === undefined ? undefined : left === 0 ? 0 : (left / perSecond) * 1000;
    return Object.freeze({
      id,
      state,
      done,
      sent: this.#sent,
      replayed: this.#replayed,
      failed,
      failures: Object.freeze(failures),
      migrated: this.#migrated,
      total,
      perSecond,
      leftMs: leftMs === undefined || Number.isFinite(leftMs) ? leftMs : undefined,
      elapsedMs,
    });
  }

  /** An exponentially weighted mean, its start not counted as a rate of zero. */
  #rate(done: number, elapsedMs: number): number {
    const now = this.#clock.now();
    const step = now - this.#stepFrom;
    if (step >= stepMs) {
      const kept = Math.exp(-step / smoothingMs);
      this.#rateSum = kept * this.#rateSum + (1 - kept) * ((done - this.#stepDone) / step) * 1000;
      this.#weight = kept * this.#weight + (1 - kept);
      this.#stepFrom = now;
      this.#stepDone = done;
    }
    if (this.#weight > 0) return this.#rateSum / this.#weight;
    return elapsedMs > 0 ? (done / elapsedMs) * 1000 : 0;
  }
}
