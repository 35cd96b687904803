import type { AbortSignalLike } from "../call.js";
import type { RuleParams } from "../store/port.js";

/** Answer of `acquire` of a `TokenBucketRateLimiter`. */
export interface Acquisition {
  /** The tokens are taken: go. */
  readonly acquired: boolean;
  /** Whole tokens (or places) that are left now; 0 when it is overdrawn. */
  readonly remaining: number;
  /** When to come again, in whole ms, if it was not acquired; else 0. */
  readonly retryAfterMs: number;
}

/** Answer of `acquireWithDelay` of a `TokenBucketRateLimiter`. */
export interface DelayedAcquisition extends Acquisition {
  /** Milliseconds spent waiting. */
  readonly waitedMs: number;
}

/** Options of `acquireWithDelay` of a `TokenBucketRateLimiter`. */
export interface AcquireWithDelayOptions {
  /** Longest wait, in ms; a turn further away is refused at once. @default the limiter's */
  maxWaitMs?: number;
  /** Ends the wait: the turn is given back, the answer is `acquired: false`. */
  signal?: AbortSignalLike;
}

/** One limit as it stands. */
export interface BucketStats {
  /** Tokens in a full bucket, or places in a window. */
  readonly capacity: number;
  /** Tokens per second that come back; of a window, the places per second in the long run. */
  readonly refillPerSecond: number;
  /** Whole tokens or places free now; negative when turns are reserved ahead or it is overdrawn. */
  readonly remaining: number;
  /** Turns that are reserved ahead (or were taken on credit, by replies): who comes now comes after them. */
  readonly reserved: number;
  /** Until the next turn: when one token can be taken, in whole ms; 0: now. */
  readonly retryAfterMs: number;
  /** Until it is full again, in whole ms. */
  readonly resetAfterMs: number;
  /** Until a freeze after a 429 is over, in whole ms; 0: it is not frozen. */
  readonly frozenMs: number;
  /**
   * The rate in force as a share of what the rule says: 1 ordinarily, less after floods, more where `flood.adaptive`
   * has a ceiling. `capacity` and `refillPerSecond` are what the rule says.
   */
  readonly rate: number;
}

/** Whose rule to read. */
export interface WhoseLimit {
  /** A bot of the guard: its numeric id, as in its token. @default the namespace */
  bot?: string;
}

/** A rule as people write it. */
export function sizeOf(params: RuleParams): Pick<BucketStats, "capacity" | "refillPerSecond"> {
  if (params.kind === "bucket") {
    return { capacity: params.capacity, refillPerSecond: 1e6 / params.intervalUs };
  }
  if (params.kind === "gate") return { capacity: 0, refillPerSecond: 0 };
  return { capacity: params.limit, refillPerSecond: (1e6 * params.limit) / params.periodUs };
}
