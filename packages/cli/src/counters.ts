import { countsKey, hourOf } from "@sendonce/core/redis";
import type { Session } from "./connect/session.js";

const hourMs = 3_600_000;

/** Counters of one hour, by name. */
export interface HourOfCounts {
  /** `2026-01-31T09`, in UTC. */
  readonly hour: string;
  readonly counts: ReadonlyMap<string, number>;
}

/** The last hours of a bot, oldest first; hours in which nothing was counted are left out. */
export async function countsOf(
  session: Session,
  bot: string,
  now: number,
  hours: number,
): Promise<HourOfCounts[]> {
  const found: HourOfCounts[] = [];
  for (let back = hours - 1; back >= 0; back--) {
    const at = now - back * hourMs;
    const fields = Object.entries(await session.client.hgetall(countsKey(bot, at)));
    if (fields.length > 0)
      found.push({ hour: hourOf(at), counts: new Map(fields.map(([name, count]) => [name, Number(count)])) });
  }
  return found;
}

/** Counters whose name begins with `kind:`, as what follows and how often. */
export function* kindOf(kind: string, counts: ReadonlyMap<string, number>): Generator<[string[], number]> {
  for (const [name, count] of counts) {
    const [first, ...rest] = name.split(":");
    if (first === kind) yield [rest, count];
  }
}

/** The sum of all counters of a kind. */
export function sumOf(kind: string, counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [, count] of kindOf(kind, counts)) sum += count;
  return sum;
}
