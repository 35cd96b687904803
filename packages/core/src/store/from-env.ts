import { redisUrlFromEnv } from "../env.js";
import { storeAt } from "./lazy.js";
import type { Store } from "./port.js";

/**
 * The Redis store that `REDIS_URL` names, loaded at its first use; undefined where the variable is not set: a bot
 * without one never loads a Redis client.
 */
export function storeFromEnv(): Store | undefined {
  const url = redisUrlFromEnv();
  return url === undefined ? undefined : storeAt(url, () => import("@sendonce/core/redis"));
}
