import type { BucketRule } from "./numbers.js";

/** Floating point may leave a whole token a hair short. */
const HAIR = 1e-9;

/** A token bucket that starts full. */
export class TokenBucket {
  #level: number | undefined;
  #at = 0;

  /** Milliseconds from `now` until `cost` tokens are there; 0 when they are. A cost above the capacity needs a full bucket. */
  waitMs(rule: BucketRule, cost: number, now: number): number {
    const missing = Math.min(cost, rule.capacity) - this.#levelAt(rule, now);
    return missing <= HAIR ? 0 : Math.ceil((missing / rule.refillPerSecond) * 1000 - HAIR);
  }

  /** Takes `cost` tokens at `now`. */
  take(rule: BucketRule, cost: number, now: number): void {
    this.#level = this.#levelAt(rule, now) - cost;
    this.#at = now;
  }

  #levelAt(rule: BucketRule, now: number): number {
    if (this.#level === undefined) return rule.capacity;
    const refilled = (Math.max(0, now - this.#at) * rule.refillPerSecond) / 1000;
    return Math.min(rule.capacity, this.#level + refilled);
  }
}
