import type { DeliveryOptions } from "./delivery-options.js";
import { Repeats } from "./idempotency/repeats.js";
import { AsyncLocalStorage } from "./platform.js";

/** One delivery of an update to a handler. Redelivery opens a new one with the same keys. */
export interface UpdateScope {
  readonly kind: "update";
  readonly bot: string;
  readonly updateId: number;
  /** Who sent the update, for the `user` rule. */
  readonly userId?: number | undefined;
  readonly repeats: Repeats;
  readonly positions: Repeats;
  /** Set by the first guarded call, on the guard's clock. */
  openedAt?: number;
  /** The update itself is claimed: a second guard around the same handler leaves it alone. */
  claimed: boolean;
}

/** The calls inside one `withDelivery({ key }, fn)`. */
export interface DeliveryScope {
  readonly kind: "delivery";
  readonly key: string;
  readonly repeats: Repeats;
  readonly positions: Repeats;
}

interface Context {
  readonly update?: UpdateScope | undefined;
  readonly delivery?: DeliveryScope | undefined;
  readonly options?: DeliveryOptions | undefined;
  /** The guarded call that is on its way through the framework here. */
  readonly sending?: Sending | undefined;
}

/** What a guard inside a guard recognises a call by: plugins in between may copy or complete its payload. */
export interface Sending {
  readonly bot: string;
  readonly method: string;
  readonly chat: string | undefined;
}

/** On globalThis, so that an ESM and a CJS copy of this package see the same scopes. */
const storageKey = Symbol.for("sendonce.scope.v1");
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Context> };
shared[storageKey] ??= new AsyncLocalStorage<Context>();
const storage = shared[storageKey];
const nowhere: Context = Object.freeze({});

/** Where the current call is made. */
export const currentContext = (): Context => storage.getStore() ?? nowhere;

/** Runs `fn` as the handler of one update. Ids below 1 are injected by tests and are no scope. */
export function insideUpdate<T>(scope: UpdateScope | undefined, fn: () => T): T {
  return scope ? storage.run({ update: scope }, fn) : fn();
}

/** A scope for an update, or none where its id is not Telegram's. */
export function openUpdate(bot: string, updateId: number, userId?: number): UpdateScope | undefined {
  if (!Number.isSafeInteger(updateId) || updateId <= 0) return undefined;
  return {
    kind: "update",
    bot,
    updateId,
    userId,
    repeats: new Repeats(),
    positions: new Repeats(),
    claimed: false,
  };
}

/** The update that is being handled here, if any. */
export const currentUpdate = (): UpdateScope | undefined => currentContext().update;

/**
 * Leaves the update (and any `withDelivery`): calls in `fn` are keyed by their content and wait for all
 * limits, as anywhere outside a handler. For work that a handler starts but that is not its answer.
 */
export function outsideUpdate<T>(fn: () => T): T {
  return storage.run(nowhere, fn);
}

/** Is the code here in no scope at all, rather than in one that it left by `outsideUpdate`? For adapters. */
export const isUntracked = (): boolean => storage.getStore() === undefined;

/** Runs `fn` with delivery options for every call in it; a `key` opens a scope of its own. */
export function insideDelivery<T>(options: DeliveryOptions, fn: () => T): T {
  const context = currentContext();
  const { key, ...rest } = options;
  const delivery: DeliveryScope | undefined =
    key === undefined
      ? context.delivery
      : { kind: "delivery", key, repeats: new Repeats(), positions: new Repeats() };
  return storage.run({ ...context, delivery, options: { ...context.options, ...rest } }, fn);
}

/** Runs the framework's own send: a guard that the same call meets inside lets it through. */
export function whileSending<T>(sending: Sending, fn: () => T): T {
  const { update, delivery, options } = currentContext();
  return storage.run({ update, delivery, options, sending }, fn);
}

/** Is this the call that a guard further out is sending, rather than one that a plugin makes on the way? */
export function isBeingSent({ bot, method, chat }: Sending): boolean {
  const { sending } = currentContext();
  return sending?.bot === bot && sending.method === method && sending.chat === chat;
}
