import { promised, type Soon } from "../soon.js";
import { MemoryStore } from "./memory.js";
import type { Admission, AdmitRequest, SettleRequest, Store } from "./port.js";

/** Admits, at once where the store is plain memory. A store that throws is treated like one that rejects. */
export function admitIn(store: Store, request: AdmitRequest): Soon<Admission> {
  return isPlain(store) ? store.atOnce.admit(request) : promised(() => store.admit(request));
}

/** Settles, as {@link admitIn} admits. */
export function settleIn(store: Store, request: SettleRequest): Soon<boolean> {
  return isPlain(store) ? store.atOnce.settle(request) : promised(() => store.settle(request));
}

/** A memory store that nobody has decorated: one that somebody has is asked as any other. */
function isPlain(store: Store): store is MemoryStore {
  const { admit, settle } = MemoryStore.prototype;
  return store instanceof MemoryStore && store.admit === admit && store.settle === settle;
}
