import { toMicros } from "../clock.js";
import { ConfigurationError } from "../errors.js";
import type { RuleParams } from "../store/port.js";

/** A token bucket: bursts up to `capacity`, then `refillPerSecond`. Lets C + r·T through in T seconds. */
export interface TokenBucketRule {
  readonly kind: "tokenBucket";
  readonly capacity: number;
  readonly refillPerSecond: number;
}

/** An exact trailing window: never more than `limit` in any `perMs` milliseconds. */
export interface WindowRule {
  readonly kind: "window";
  readonly limit: number;
  readonly perMs: number;
}

/** A limit, made by {@link tokenBucket} or {@link window}. */
export type Rule = TokenBucketRule | WindowRule;

/** Names of the rules, narrow to wide. */
export const ruleNames = ["user", "chat", "group", "bulk", "global", "paid"] as const;
/** A rule by its place: narrow to wide, `paid` in place of the last two. */
export type RuleName = (typeof ruleNames)[number];

/**
 * A token bucket rule.
 * @param spec `capacity` in whole messages, `refillPerSecond` in messages per second (fractions allowed)
 * @throws ConfigurationError when a number is out of range
 * @example limits: { global: tokenBucket({ capacity: 30, refillPerSecond: 30 }) }
 */
export function tokenBucket(spec: { capacity: number; refillPerSecond: number }): TokenBucketRule {
  const { capacity, refillPerSecond } = spec;
  wholeNumber("tokenBucket({ capacity })", capacity);
  if (!Number.isFinite(refillPerSecond) || refillPerSecond <= 0) {
    throw new ConfigurationError(
      `tokenBucket({ refillPerSecond }) must be a number above 0, in messages per second; got ${String(refillPerSecond)}`,
    );
  }
  if (refillPerSecond > 1_000_000) {
    throw new ConfigurationError(
      "tokenBucket({ refillPerSecond }) must be at most 1,000,000: intervals are whole microseconds",
    );
  }
  return Object.freeze({ kind: "tokenBucket", capacity, refillPerSecond });
}

/**
 * An exact trailing window rule, as Telegram counts groups.
 * @param spec at most `limit` messages in any `perMs` milliseconds
 * @throws ConfigurationError when a number is out of range
 * @example limits: { group: window({ limit: 20, perMs: 60_000 }) }
 */
export function window(spec: { limit: number; perMs: number }): WindowRule {
  const { limit, perMs } = spec;
  wholeNumber("window({ limit })", limit);
  if (!Number.isFinite(perMs) || perMs < 0.001) {
    throw new ConfigurationError(
      `window({ perMs }) must be at least 0.001 (one microsecond), in milliseconds; got ${String(perMs)}`,
    );
  }
  return Object.freeze({ kind: "window", limit, perMs });
}

/** A rule as integers of microseconds; done once. Intervals are rounded up, so never faster than asked. */
export function compileRule(rule: Rule, marginMs: number): RuleParams {
  if (rule.kind === "window") {
    return {
      kind: "window",
      limit: rule.limit,
      periodUs: toMicros(rule.perMs),
      marginUs: toMicros(marginMs),
    };
  }
  return { kind: "bucket", capacity: rule.capacity, intervalUs: Math.ceil(1e6 / rule.refillPerSecond) };
}

/** Is this something that `tokenBucket` or `window` made (or an equal plain object)? */
export function isRule(value: unknown): value is Rule {
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  return kind === "tokenBucket" || kind === "window";
}

function wholeNumber(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > 1_000_000) {
    throw new ConfigurationError(`${name} must be a whole number from 1 to 1,000,000; got ${String(value)}`);
  }
}
