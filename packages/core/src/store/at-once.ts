import type { Soon } from "../soon.js";
import { MemoryStore } from "./memory.js";
import type { Admission, AdmitRequest, SettleRequest, Store } from "./port.js";

/** The verbs of each send. */
export interface SendVerbs {
  admit(request: AdmitRequest): Soon<Admission>;
  settle(request: SettleRequest): Soon<boolean>;
}

/** A memory store answers without a promise. One that somebody has decorated is asked as any other. */
export function sendVerbsOf(store: Store): SendVerbs {
  const { admit, settle } = MemoryStore.prototype;
  const isPlain = store instanceof MemoryStore && store.admit === admit && store.settle === settle;
  if (isPlain) return store.atOnce;
  // One that throws instead of rejecting is treated like any that fails.
  return {
    admit: async (request) => store.admit(request),
    settle: async (request) => store.settle(request),
  };
}
