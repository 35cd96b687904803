import { createGuard, Guard } from "../guard.js";
import type { GuardOptions } from "../options.js";
import { storeFromEnv } from "../store/from-env.js";

/**
 * The `createGuard` of an adapter: as in core, but where `store` is left out and `REDIS_URL` is set, its records
 * and limits are shared over that Redis.
 *
 * @throws ConfigurationError naming the option and the remedy
 * @example
 * const guard = createGuard({ limits: "official" });
 * for (const token of tokens) install(new Bot(token), guard);
 */
export function createAdapterGuard(options: GuardOptions = {}): Guard {
  return createGuard(options, options.store === undefined ? storeFromEnv() : undefined);
}

/**
 * What an adapter was given, as a guard: a shared one as it is, options as one of the adapter's own.
 * @throws ConfigurationError naming the option and the remedy
 */
export function guardFrom(given: GuardOptions | Guard = {}): Guard {
  return isGuard(given) ? given : createAdapterGuard(given);
}

/** By shape too: a guard may come from another copy of core. */
export const isGuard = (given: object | null | undefined): given is Guard =>
  given instanceof Guard || (typeof (given as Guard | null)?.run === "function" && "handleUpdate" in given!);
