import { Cluster, type Redis } from "ioredis";

/** How often each command ran, by its name in lower case (`evalsha`, `config|get`). */
export type Executed = Readonly<Record<string, number>>;

/**
 * Counts what the server executes from now on, on behalf of anybody, including what scripts call inside.
 * The counter's own INFO does not count. On a Cluster the masters are added up.
 *
 * @example
 * const executed = await countCommands(client);
 * await store.admit(claim);
 * expect(await executed()).toMatchObject({ evalsha: 1 });
 */
export async function countCommands(client: Redis | Cluster): Promise<() => Promise<Executed>> {
  const before = await statistics(client);
  return async function executed() {
    const after = await statistics(client);
    // The INFO that took `before` was over only after it had answered.
    after.set("info", (after.get("info") ?? 0) - nodesOf(client).length);
    const grown = [...after].map(([name, calls]) => [name, calls - (before.get(name) ?? 0)] as const);
    return Object.fromEntries(grown.filter(([, calls]) => calls > 0));
  };
}

async function statistics(client: Redis | Cluster): Promise<Map<string, number>> {
  const sum = new Map<string, number>();
  for (const node of nodesOf(client)) {
    const text = await node.info("commandstats");
    for (const [, name = "", calls] of text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm))
      sum.set(name, (sum.get(name) ?? 0) + Number(calls));
  }
  return sum;
}

/** The bytes that a key takes with its value, or 0 where it is not. */
export const memoryUsage = async (client: Redis | Cluster, key: string): Promise<number> =>
  (await client.memory("USAGE", key, "SAMPLES", 0)) ?? 0;

/** All keys, or those that match a glob pattern, sorted. By SCAN, on every master of a Cluster. */
export async function keys(client: Redis | Cluster, pattern = "*"): Promise<string[]> {
  const found = new Set<string>();
  for (const node of nodesOf(client)) {
    for await (const batch of node.scanStream({ match: pattern, count: 1_000 }))
      for (const key of batch as string[]) found.add(key);
  }
  return [...found].sort();
}

const nodesOf = (client: Redis | Cluster): Redis[] =>
  client instanceof Cluster ? client.nodes("master") : [client];
