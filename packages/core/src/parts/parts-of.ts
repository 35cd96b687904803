import type { GuardOptions } from "../options.js";
import type { Store } from "../store/port.js";
import { IdempotencyGuard } from "./idempotency-guard.js";
import { TokenBucketRateLimiter } from "./token-bucket-rate-limiter.js";

/** The parts of a guard: on its store, in its namespace, by its settings. */
export function partsOf(options: GuardOptions, store: Store) {
  const { namespace, clock, limits, flood, maxWaitMs } = options;
  const { ttlMs, secret } = options.idempotency || {};
  const shared = { store, ...(namespace !== undefined && { namespace }), ...(clock && { clock }) };
  return {
    idempotency: new IdempotencyGuard({
      ...shared,
      ...(ttlMs !== undefined && { ttlMs }),
      ...(secret !== undefined && { secret }),
    }),
    limiter: new TokenBucketRateLimiter({
      ...shared,
      ...(limits !== undefined && { limits }),
      ...(flood !== undefined && { flood }),
      ...(maxWaitMs !== undefined && { maxWaitMs }),
    }),
  };
}
