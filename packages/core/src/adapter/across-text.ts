import type { Payload } from "../call.js";
import { type DeliveryOptions, delivery } from "../delivery-options.js";
import { AsyncLocalStorage } from "../platform.js";

/** What a call carried before a plugin's Api turned it into text. */
interface Carried {
  readonly method: string;
  readonly options: DeliveryOptions;
}

/** On globalThis, so that an ESM and a CJS copy of this package see the same call. */
const storageKey = Symbol.for("sendonce.carried.v1");
const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Carried> };
shared[storageKey] ??= new AsyncLocalStorage<Carried>();
const storage = shared[storageKey];

/** Runs the rest of a call's way with the options that rode on it, past where JSON drops them. For adapters. */
export function whileCarrying<T>(method: string, options: DeliveryOptions | undefined, fn: () => T): T {
  return options === undefined ? fn() : storage.run({ method, options }, fn);
}

/** The payload with those options on it again; another call that is made on the way gets none. For adapters. */
export function withCarried(method: string, payload: Payload): Payload {
  const carried = storage.getStore();
  return carried?.method === method ? { ...payload, ...delivery(carried.options) } : payload;
}
