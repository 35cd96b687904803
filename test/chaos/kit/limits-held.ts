import type { Evidence, LimitToHold, ReceivedOperation } from "./evidence.js";
import { grouped } from "./grouped.js";

/** What people received never came faster than the limits allow. */
export function limitsHeld({ limits = [], received }: Evidence): string[] {
  return limits.flatMap((limit) => counted(limit, received).flatMap(({ who, at }) => held(limit, who, at)));
}

function counted({ countedWith = () => "all" }: LimitToHold, received: readonly ReceivedOperation[]) {
  const groups = grouped(received, countedWith);
  groups.delete(undefined);
  return [...groups].map(([who, messages]) => ({ who, at: messages.map(({ at }) => at).sort(byTime) }));
}

const byTime = (one: number, other: number): number => one - other;

function held(limit: LimitToHold, who: string | number | undefined, at: readonly number[]): string[] {
  const over = limit.kind === "window" ? crowdedFrom(limit, at) : overdrawnAt(limit, at);
  if (over === undefined) return [];
  return [`limit: ${limit.name} (${who}) was exceeded: ${over}`];
}

/** `limit + 1` messages within less than a period. */
function crowdedFrom({ limit, perMs }: LimitToHold & { kind: "window" }, at: readonly number[]) {
  const first = at.findIndex((time, i) => i + limit < at.length && at[i + limit]! - time < perMs);
  if (first === -1) return undefined;
  const [from, to] = [at[first]!, at[first + limit]!];
  return `${limit + 1} messages in ${(to - from).toFixed(1)} ms from ${from.toFixed(1)}; ${limit} per ${perMs} ms`;
}

function overdrawnAt(
  { capacity, refillPerSecond, spare = 0 }: LimitToHold & { kind: "bucket" },
  at: readonly number[],
) {
  let tokens = capacity + spare;
  let last = at[0] ?? 0;
  for (const time of at) {
    tokens = Math.min(capacity + spare, tokens + ((time - last) * refillPerSecond) / 1_000) - 1;
    last = time;
    // Sums of fractions lose the last bits.
    if (tokens < -1e-6)
      return `overdrawn at ${time.toFixed(1)}; ${capacity} and ${spare} to spare, ${refillPerSecond}/s`;
  }
  return undefined;
}
