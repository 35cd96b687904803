import type { Evidence, KeyLeft } from "./evidence.js";

/** A key in Redis goes a moment after its time: expiry is rounded up, and leases are compared by another clock. */
const lateMs = 2_000;

/** No key is stuck beyond its stated time. */
export function keysHeld({ keys = [], longestTtlMs = Number.POSITIVE_INFINITY }: Evidence): string[] {
  return keys.flatMap((left) => wrongWith(left, longestTtlMs).map((words) => `stuck: ${left.key} ${words}`));
}

function wrongWith({ ttlMs, state, leaseMs = 0 }: KeyLeft, longestTtlMs: number): string[] {
  // It went between the question which keys there are and the one how long it lives.
  if (ttlMs === -2) return [];
  if (ttlMs < 0) return ["has no expiry"];
  if (ttlMs > longestTtlMs + lateMs) return [`lives for another ${ttlMs} ms; stated: ${longestTtlMs} ms`];
  if (leaseMs > longestTtlMs + lateMs) return [`is ${state} for another ${leaseMs} ms`];
  // RESERVED with its lease over is anybody's; SENDING must read as AMBIGUOUS.
  if (state === "sending" && leaseMs < -lateMs) return [`is SENDING ${-leaseMs} ms after its lease`];
  return [];
}
