import type { RedisStore } from "@sendonce/core/redis";
import type { KeyLeft } from "./evidence.js";

/** What `left` looks at: the store, and a plain client for the expiry that Redis itself knows. */
interface Looking {
  readonly store: RedisStore;
  readonly client: { pttl(key: string): Promise<number> };
  readonly bot: string;
  /** Looks at the records as they will be so much later: who holds a lease now has lost it by then. @default 0 */
  readonly aheadMs?: number;
}

/** Every key of a bot that is in Redis, with the state of its records. */
export async function keysLeft({ store, client, bot, aheadMs = 0 }: Looking): Promise<KeyLeft[]> {
  const nowUs = (await store.ping()).nowUs + aheadMs * 1_000;
  const keys = await collected(store.keys(bot));
  const look = async (key: string): Promise<KeyLeft> => {
    const [ttlMs, record] = await Promise.all([client.pttl(key), recordIn(store, bot, key, nowUs)]);
    return { key, ttlMs, ...record };
  };
  const found: KeyLeft[] = [];
  while (keys.length > 0) found.push(...(await Promise.all(keys.splice(0, atOnce).map(look))));
  return found;
}

/** More would keep the last one waiting for longer than a command may take. */
const atOnce = 50;

async function collected(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}

async function recordIn(store: RedisStore, bot: string, key: string, nowUs: number) {
  const id = /:r:(.+)$/.exec(key)?.[1];
  const view = id === undefined ? undefined : await store.inspect(bot, id, nowUs);
  if (view === undefined) return {};
  const { state, leaseUntilUs } = view;
  return { state, ...(leaseUntilUs === undefined ? {} : { leaseMs: (leaseUntilUs - nowUs) / 1_000 }) };
}
