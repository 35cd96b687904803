/** The Redis store. The root import of this package loads no Redis client. */
import type { Cluster, Redis } from "ioredis";
import { ConfigurationError } from "../errors.js";
import { publicName } from "../store/lazy.js";
import { check, knownNames, positiveWhole } from "../validate.js";
import { Connection, type ConnectionOptions, checkedUrl } from "./connection.js";
import { RedisStore, type ReplicaWait } from "./redis-store.js";

export type { ConnectionOptions } from "./connection.js";
export { RedisStore, type ReplicaWait } from "./redis-store.js";

/** Options of {@link redisStore}. */
export interface RedisStoreOptions extends ConnectionOptions {
  /**
   * Sends only when so many replicas have the claim too (`WAIT`), so that a failover does not forget it: one round trip
   * to them more per message. Too few in time count like a Redis that takes no writes: see `whenStoreDown`.
   */
  waitForReplicas?: ReplicaWait;
}

const names = ["connectTimeoutMs", "commandTimeoutMs", "redis", "waitForReplicas"];

/** Connections by URL and options: one per URL and process, however many bots share it. */
const shared = new Map<string, { readonly connection: Connection; users: number }>();

/**
 * A store on Redis 6.2+ or Valkey: standalone, Sentinel, Cluster, TLS, ACL.
 *
 * @param target a URL, or an ioredis client (`Redis` or `Cluster`) whose settings are used for a connection of
 *   our own; a `keyPrefix` is kept
 * @throws ConfigurationError when the URL is none, or an option is wrong
 * @example const store = redisStore("redis://localhost:6379");
 */
export function redisStore(target: string | Redis | Cluster, options: RedisStoreOptions = {}): RedisStore {
  knownNames("redisStore options", options, names);
  for (const name of ["connectTimeoutMs", "commandTimeoutMs"] as const) {
    const value = options[name];
    if (value !== undefined) positiveWhole(`redisStore({ ${name} })`, value, "milliseconds");
  }
  const patienceMs = options.commandTimeoutMs ?? 500;
  const { waitForReplicas } = options;
  check(waitForReplicas, (value) => checkReplicaWait(value, patienceMs));
  if (typeof target !== "string") {
    if (typeof target?.duplicate !== "function") {
      throw new ConfigurationError("redisStore() takes a URL or an ioredis client");
    }
    const connection = new Connection(target, options);
    const release = () => connection.close();
    return new RedisStore("redis (your client)", connection, patienceMs, release, waitForReplicas);
  }
  const name = publicName(checkedUrl(target));
  const { connection, release } = share(target, options);
  return new RedisStore(name, connection, patienceMs, release, waitForReplicas);
}

/** @throws ConfigurationError */
function checkReplicaWait(value: ReplicaWait, patienceMs: number): void {
  knownNames("redisStore({ waitForReplicas })", value, ["replicas", "timeoutMs"]);
  positiveWhole("redisStore({ waitForReplicas: { replicas } })", value.replicas, "replicas");
  positiveWhole("redisStore({ waitForReplicas: { timeoutMs } })", value.timeoutMs, "milliseconds");
  if (value.timeoutMs < patienceMs) return;
  throw new ConfigurationError(
    `redisStore({ waitForReplicas: { timeoutMs } }) must be less than commandTimeoutMs (${patienceMs} ms); raise that, or wait less`,
  );
}

function share(url: string, options: ConnectionOptions): { connection: Connection; release: () => void } {
  const key = `${url} ${options.connectTimeoutMs} ${options.commandTimeoutMs}`;
  const own = options.redis !== undefined;
  const entry = (own ? undefined : shared.get(key)) ?? { connection: new Connection(url, options), users: 0 };
  if (!own) shared.set(key, entry);
  entry.users++;
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    if (--entry.users > 0) return;
    if (shared.get(key) === entry) shared.delete(key);
    entry.connection.close();
  };
  return { connection: entry.connection, release };
}
