import { originalRules } from "./defaults.js";
import { ConfigurationError } from "./errors.js";
import { type TokenBucketRule, tokenBucket } from "./limiter/rules.js";
import type { GuardOptions } from "./options.js";

/** What the environment says: options of a guard, and where the store is. */
export interface EnvironmentOptions extends Pick<GuardOptions, "maxWaitMs"> {
  /** `REDIS_URL`: where `redisStore` of `@sendonce/core/redis` is to be found. Holds a password: never log it. */
  redisUrl?: string;
  /** `IDEMPOTENCY_TTL`. */
  idempotency?: { ttlMs: number };
  /** `RATE_LIMIT_*`; only the rules that were named. */
  limits?: { user?: TokenBucketRule; chat?: TokenBucketRule; global?: TokenBucketRule };
}

/** As `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the environment, once and nowhere else. What is not set, or empty, is not in the answer; all but
 * `redisUrl` are options of a guard.
 *
 * | variable | unit | sets |
 * |---|---|---|
 * | `REDIS_URL` | – | `redisUrl` |
 * | `IDEMPOTENCY_TTL` | seconds | `idempotency.ttlMs` |
 * | `RATE_LIMIT_CHAT_CAPACITY`, `…_REFILL_RATE` | messages, messages per second | `limits.chat`; groups keep their window |
 * | `RATE_LIMIT_GLOBAL_CAPACITY`, `…_REFILL_RATE` | the same | `limits.global` |
 * | `RATE_LIMIT_USER_CAPACITY`, `…_REFILL_RATE` | the same | `limits.user` |
 * | `RATE_LIMIT_MAX_WAIT` | seconds | `maxWaitMs` |
 *
 * Of a capacity and its rate one is enough: the other is 20 and 20/60 for a chat, 30 and 30 for the bot, 1 and
 * 1/60 for a user.
 *
 * @throws ConfigurationError naming the variable and what it must hold; never the value of `REDIS_URL`
 * @example
 * const { redisUrl, ...options } = optionsFromEnv({ IDEMPOTENCY_TTL: "600", RATE_LIMIT_CHAT_REFILL_RATE: "1" });
 * const guard = createGuard(options);
 */
export function optionsFromEnv(env: Environment = process.env): EnvironmentOptions {
  const redisUrl = redisUrlIn(env);
  const ttlMs = milliseconds(env, "IDEMPOTENCY_TTL", 0.001);
  const maxWaitMs = milliseconds(env, "RATE_LIMIT_MAX_WAIT", 0);
  const user = bucketIn(env, "USER", originalRules.user);
  const chat = bucketIn(env, "CHAT", originalRules.chat);
  const global = bucketIn(env, "GLOBAL", originalRules.global);
  const limits = { ...(user && { user }), ...(chat && { chat }), ...(global && { global }) };
  return {
    ...(redisUrl !== undefined && { redisUrl }),
    ...(ttlMs !== undefined && { idempotency: { ttlMs } }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(maxWaitMs !== undefined && { maxWaitMs }),
  };
}

/** `REDIS_URL` alone, for adapters: other variables may be another program's. */
export const redisUrlFromEnv = (env: Environment = process.env): string | undefined => redisUrlIn(env);

function redisUrlIn(env: Environment): string | undefined {
  const url = textIn(env, "REDIS_URL");
  if (url === undefined || (/^rediss?:\/\//i.test(url) && URL.canParse(url))) return url;
  throw new ConfigurationError(
    "REDIS_URL must be a URL such as redis://host:6379 or rediss://user:password@host:6380/0 (its value is not shown here); special characters in a password are written as in any URL, e.g. %40 for @",
  );
}

function bucketIn(env: Environment, type: string, original: TokenBucketRule): TokenBucketRule | undefined {
  const capacity = numberIn(env, `RATE_LIMIT_${type}_CAPACITY`, {
    what: "a whole number of messages from 1 to 1,000,000",
    fits: (value) => Number.isInteger(value) && value >= 1 && value <= 1_000_000,
  });
  const refillPerSecond = numberIn(env, `RATE_LIMIT_${type}_REFILL_RATE`, {
    what: "messages per second, above 0 and at most 1,000,000 (0.5 is one every two seconds)",
    fits: (value) => value > 0 && value <= 1_000_000,
  });
  if (capacity === undefined && refillPerSecond === undefined) return undefined;
  return tokenBucket({
    capacity: capacity ?? original.capacity,
    refillPerSecond: refillPerSecond ?? original.refillPerSecond,
  });
}

/** Seconds in the environment, whole milliseconds in the options. */
function milliseconds(env: Environment, name: string, least: number): number | undefined {
  const seconds = numberIn(env, name, {
    what: `seconds, ${least === 0 ? "0 or more" : "above 0"} and at most a year`,
    fits: (value) => value >= least && value <= longestSeconds,
  });
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

/** A year: times beyond it are a mistake in the unit. */
const longestSeconds = 31_622_400;

interface Demand {
  readonly what: string;
  readonly fits: (value: number) => boolean;
}

/** Decimal numbers alone: `Number` would also take "", "0x10" and "1e9". */
function numberIn(env: Environment, name: string, { what, fits }: Demand): number | undefined {
  const text = textIn(env, name);
  if (text === undefined) return undefined;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (fits(value)) return value;
  throw new ConfigurationError(`${name} must be ${what}; got ${JSON.stringify(text.slice(0, 40))}`);
}

/** An empty variable is one that is not set: that is how most deployments switch one off. */
function textIn(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === "" ? undefined : text;
}
