import * as core from "@sendonce/core";

/**
 * Makes a guard, one for many bots or one each: as in core, but where `store` is left out and `REDIS_URL` is set,
 * its records and limits are shared over that Redis.
 *
 * @throws ConfigurationError naming the option and the remedy
 * @example
 * const guard = createGuard({ limits: "official" });
 * for (const token of tokens) install(new Bot(token), guard);
 */
export function createGuard(options: core.GuardOptions = {}): core.Guard {
  const redisUrl = options.store === undefined ? core.redisUrlFromEnv() : undefined;
  return core.createGuard(options, redisUrl === undefined ? undefined : core.storeAt(redisUrl, loadRedis));
}

/** Loaded at the first use of the store: a bot without `REDIS_URL` never loads a Redis client. */
const loadRedis = () => import("@sendonce/core/redis");
