import { createGuard as createRealGuard, type Guard } from "@sendonce/core";

// What examples ask about errors and deliveries stays as it is, and then has nothing to find.
export * from "@sendonce/core";

type Next = () => Promise<void>;
const passOn = (_ctx: unknown, next: Next): Promise<void> => next();

/** Does nothing, and has what belongs to the real thing. */
const idle = () => ({ guard: createGuard(), updates: () => passOn, close: async () => {} });

/** A guard that guards nothing. */
export const createGuard = (): Guard => createRealGuard({ idempotency: false, limits: false, flood: false });

/** The bot, untouched. */
export const install = <T>(bot: T): T => bot;

/** As a transformer it calls on, as a middleware it goes on. */
export function reliability() {
  const transparent = (first: unknown, ...rest: readonly unknown[]): unknown =>
    typeof rest[0] === "function"
      ? passOn(first, rest[0] as Next)
      : (first as (...args: readonly unknown[]) => unknown)(...rest);
  return Object.assign(transparent, idle());
}

/** The fetch that was given. */
export const guardFetch = (fetch: (...args: readonly unknown[]) => unknown) =>
  Object.assign((...args: readonly unknown[]) => fetch(...args), idle());

/** Handles every update, as often as it comes. */
export const guardUpdates = () =>
  Object.assign(async (_update: unknown, handle: () => unknown) => {
    await handle();
    return { status: 200, headers: {}, outcome: "handled" };
  }, idle());

export const conversationDelivery = () => passOn;
export const delivery = () => ({});
export const withDelivery = <T>(_options: unknown, fn: () => T): T => fn();
export const outsideUpdate = <T>(fn: () => T): T => fn();

/** Stands for the Redis stores, which nobody uses here. */
export const redisStore = () => undefined;
