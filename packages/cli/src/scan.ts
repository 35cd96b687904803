import { type KeyParts, keyPattern, readKey } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import { elapsed, sleep } from "./clock.js";
import type { Session } from "./connect/session.js";
import type { Screen } from "./screen.js";

/** How much of a server a scan may look at, and how fast. */
export interface ScanBounds {
  /** Keys that are looked at, ours and others', over all masters. */
  readonly maxKeys: number;
  /** Keys that are looked at in a second. */
  readonly scanRate: number;
}

/** A key that was found, and the node that has it. */
export interface FoundKey extends KeyParts {
  readonly key: string;
}

/** Keys of one batch of SCAN, all of one node. */
export interface Batch {
  readonly node: Redis;
  readonly keys: readonly FoundKey[];
}

/** Keys that one SCAN looks at: a fraction of a millisecond of the server's time. */
const count = 500;

/**
 * Our keys, by SCAN, at a bounded pace and up to a bound; never KEYS. Says on stderr when the bound ended it, so
 * that nobody takes a part for the whole. A key may come twice, as SCAN has it.
 */
export async function* scan(
  session: Session,
  screen: Screen,
  { maxKeys, scanRate, bot }: ScanBounds & { readonly bot?: string | undefined },
): AsyncGenerator<Batch> {
  let looked = 0;
  const from = elapsed();
  for (const node of session.masters()) {
    let cursor = "0";
    do {
      if (looked >= maxKeys) return screen.note(stopped(maxKeys));
      const [next, found] = await node.scan(cursor, "MATCH", keyPattern(bot), "COUNT", count);
      cursor = next;
      looked += count;
      const keys = found.flatMap((key) => partsOf(key, bot));
      if (keys.length > 0) yield { node, keys };
      const aheadMs = (looked / scanRate) * 1000 - (elapsed() - from);
      if (cursor !== "0" && aheadMs > 0) await sleep(aheadMs);
    } while (cursor !== "0");
  }
}

/** SCAN's pattern would take `[` and `*` in a name for more than themselves. */
function partsOf(key: string, bot: string | undefined): FoundKey[] {
  const parts = readKey(key);
  return parts && (bot === undefined || parts.bot === bot) ? [{ key, ...parts }] : [];
}

const stopped = (maxKeys: number): string =>
  `stopped after looking at ${maxKeys} keys, so this is a part: raise --max-keys to see more (--scan-rate bounds the pace)`;
