/**
 * Where an operation stands, and the state of its record.
 * - `new`: nobody has started it, or it failed and may be tried again (no record)
 * - `processing`: somebody is at it (RESERVED, SENDING)
 * - `completed`: it is done, its result is known (DONE)
 * - `unknown`: it was started and nobody knows how it ended: its process died, or said so (AMBIGUOUS)
 */
export type OperationStatus = "new" | "processing" | "completed" | "unknown";

/** Answer of `isDuplicate` of an `IdempotencyGuard`. */
export interface DuplicateCheck<Result = unknown> {
  /** It was started before, and did not fail. */
  readonly duplicate: boolean;
  readonly status: OperationStatus;
  /** What `markOperationComplete` was given: a fresh copy each time. */
  readonly result?: Result | undefined;
}

/** Answer of `markOperationStart` of an `IdempotencyGuard`. */
export type OperationStart<Result = unknown> =
  | {
      /** The operation is the caller's: carry it out, then complete or fail it. */
      readonly started: true;
      /** Who has started it: completing and failing ask for it. May be handed to another process. */
      readonly owner: string;
      readonly status: "processing";
      readonly result?: undefined;
    }
  | {
      /** It is not the caller's: do nothing. */
      readonly started: false;
      readonly owner?: undefined;
      readonly status: Exclude<OperationStatus, "new">;
      /** `completed`: what the first one gave; a fresh copy each time. */
      readonly result?: Result | undefined;
    };

/** Options of `markOperationStart` of an `IdempotencyGuard`. */
export interface OperationStartOptions {
  /**
   * How long the key is remembered, in ms after its last write. An operation that is neither completed nor
   * failed is forgotten `ttlMs` after its start: give more to one that takes longer. @default the guard's
   */
  ttlMs?: number;
  /**
   * Without: the key stays `processing` while this process lives, and is `unknown` 30 s after its death.
   * With: it stays `processing` for so many ms (`ttlMs` at most), then it is `unknown` unless it was
   * completed, failed or renewed. For operations that end elsewhere: in another worker, in a callback.
   */
  leaseMs?: number;
  /** Starts an operation of `unknown` outcome again: it may happen twice. @default false */
  retryUnknown?: boolean;
}
