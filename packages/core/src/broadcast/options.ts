import type { AbortSignalLike } from "../call.js";
import { defaults } from "../defaults.js";
import type { Priority } from "../delivery-options.js";
import { ConfigurationError } from "../errors.js";
import { check, isFunction, knownNames, nonNegative, oneOf, positiveWhole } from "../validate.js";
import type { FailureKind } from "./ending.js";
import type { Recipient } from "./message.js";

/** Somebody whom a broadcast did not reach. */
export interface BroadcastFailure<R extends Recipient = Recipient> {
  readonly recipient: R;
  readonly kind: FailureKind;
  /** Telegram's own words; for `invalid` those of the error. */
  readonly description: string;
  /** What the message function threw, or the framework's own error. */
  readonly error?: unknown;
}

/** A group that had become a supergroup; it was served there. Store the new id. */
export interface BroadcastMigration<R extends Recipient = Recipient> {
  readonly recipient: R;
  readonly to: number | string;
}

/** Options of one broadcast. */
export interface BroadcastOptions<R extends Recipient = Recipient> {
  /**
   * Names the broadcast, e.g. `"news-2026-05"`. Whoever runs one of the same id (after a crash, in another process)
   * goes on where it was: nobody is served twice under one id within `ttlMs`.
   */
  readonly id: string;
  /** `bulk` yields to replies and to everything else. @default "bulk" */
  readonly priority?: Priority;
  /** How long it is remembered who was served, in ms. @default 604_800_000 (7 days) */
  readonly ttlMs?: number;
  /** Messages on their way at once. @default two seconds of what the limits let through */
  readonly concurrency?: number;
  /** Number of recipients, for the time left, where the recipients cannot tell (a stream, a generator). */
  readonly total?: number;
  /** Aborts as `abort()` does. */
  readonly signal?: AbortSignalLike;
  /**
   * Hears of each recipient who was not reached; none is kept. A promise is waited for; what it throws ends the
   * broadcast.
   */
  readonly onFailed?: (failure: BroadcastFailure<R>) => unknown;
  /** Hears of each group that has a new id. As `onFailed`. */
  readonly onMigrated?: (migration: BroadcastMigration<R>) => unknown;
}

const names = [
  "id",
  "priority",
  "ttlMs",
  "concurrency",
  "total",
  "signal",
  "onFailed",
  "onMigrated",
] as const satisfies readonly (keyof BroadcastOptions)[];

/** @throws ConfigurationError naming the option and the remedy */
export function checkedBroadcast<R extends Recipient>(options: BroadcastOptions<R>) {
  knownNames("broadcast", options, names);
  const { id, priority = defaults.broadcast.priority, ttlMs = defaults.broadcast.ttlMs } = options;
  if (typeof id !== "string" || id === "") {
    throw new ConfigurationError(
      'broadcast({ id }) must be a non-empty string that names this broadcast, e.g. "news-2026-05": by it a broadcast that was cut off goes on',
    );
  }
  oneOf("broadcast({ priority })", priority, ["high", "normal", "bulk"]);
  positiveWhole("broadcast({ ttlMs })", ttlMs, "milliseconds");
  check(options.concurrency, (value) => positiveWhole("broadcast({ concurrency })", value, "calls"));
  check(options.total, (value) => nonNegative("broadcast({ total })", value, "recipients"));
  check(options.onFailed, (value) => isFunction("broadcast({ onFailed })", value));
  check(options.onMigrated, (value) => isFunction("broadcast({ onMigrated })", value));
  return { ...options, id, priority, ttlMs };
}
