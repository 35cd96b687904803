import { randomUUID } from "node:crypto";
import type { Cluster, Redis } from "ioredis";
import { Mutex } from "redis-semaphore";
import { held, once } from "./one-look.js";

type Client = ConstructorParameters<typeof Mutex>[0];

/**
 * One at a time, in the whole fleet, for a task such as a sweep: a mutex of redis-semaphore under a key of ours.
 * Nothing of it runs in the background: who leads calls `keep` between its steps, well within the lease.
 *
 * @example
 * const leader = leaderOf(client, "sweep", 30_000);
 * if (await leader.take()) try { … } finally { await leader.end(); }
 */
export interface Leader {
  /** Becomes the leader unless there is one. */
  take(): Promise<boolean>;
  /** Prolongs the lease. `false`: it was over, and another may lead. */
  keep(): Promise<boolean>;
  /** Lets others lead. */
  end(): Promise<void>;
}

/** See {@link Leader}. @param leaseMs a leader that is not heard of for so long leads no more */
export function leaderOf(client: Redis | Cluster, task: string, leaseMs: number): Leader {
  const identifier = randomUUID();
  const key = `sendonce:{${task}}:leader`;
  const mutex = (more: Partial<typeof held> = {}) =>
    new Mutex(underKey(client, key), task, { ...once, ...more, identifier, lockTimeout: leaseMs });
  return {
    take: () => mutex().tryAcquire(),
    keep: () => mutex(held).tryAcquire(),
    end: () => mutex(held).release(),
  };
}

/** The library writes `mutex:` before each key; ours begin with `sendonce:`, where the ACL lets us write. */
function underKey(client: Redis | Cluster, key: string): Client {
  const script =
    (run: "evalsha" | "eval") =>
    (text: string, _keys: number, ...given: unknown[]) =>
      client[run](text, 1, key, ...given.slice(1).map(String));
  const set = (_key: string, owner: string, _px: "PX", ms: number) => client.set(key, owner, "PX", ms, "NX");
  return { evalsha: script("evalsha"), eval: script("eval"), set } as unknown as Client;
}
