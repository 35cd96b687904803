import { type RedisStore, redisStore } from "@sendonce/core/redis";
import { Cluster, Redis } from "ioredis";
import { sleep } from "../clock.js";
import { sniff } from "./sniff.js";
import { clientOptions, type Target } from "./target.js";
import { unusable } from "./unusable.js";

/** Connections to one Redis, or to a Cluster behind one of its nodes. */
export class Session {
  readonly target: Target;
  readonly client: Redis | Cluster;
  /** The library's own view: scripts, with its own connection. */
  readonly store: RedisStore;

  private constructor(target: Target, client: Redis | Cluster) {
    this.target = target;
    this.client = client;
    this.store = redisStore(client, { commandTimeoutMs: 5_000 });
  }

  /** @throws Stop that says why Redis cannot be used, and what to do */
  static async open(target: Target): Promise<Session> {
    const single = await connected(target);
    if (!(await isCluster(single))) return new Session(target, single);
    const cluster = new Cluster([{ host: target.host, port: target.port }], {
      lazyConnect: true,
      enableReadyCheck: false,
      clusterRetryStrategy: () => null,
      slotsRefreshTimeout: 5_000,
      redisOptions: { ...clientOptions(target), ...credentials(single), lazyConnect: false },
    });
    cluster.on("error", () => {});
    try {
      await cluster.connect();
    } catch (error) {
      throw await unusable(target, error);
    } finally {
      single.disconnect();
    }
    return new Session(target, cluster);
  }

  get isCluster(): boolean {
    return this.client instanceof Cluster;
  }

  /** Every master: one, or the Cluster's. */
  masters(): Redis[] {
    return this.client instanceof Cluster ? this.client.nodes("master") : [this.client];
  }

  async close(): Promise<void> {
    await this.store.close();
    this.client.disconnect();
  }
}

/** Where a node of a Cluster is. */
export const addressOf = ({ options: { host, port } }: Redis): string => `${host}:${port}`;

async function connected(target: Target): Promise<Redis> {
  const client = new Redis(target.url, clientOptions(target));
  const settled = new AbortController();
  let said: unknown;
  client.on("error", (error: unknown) => {
    said ??= error;
  });
  try {
    await Promise.race([client.connect(), plainSpoken(target, settled.signal)]);
    settled.abort();
    // A login that failed shows at the first command; one that is merely not allowed proves that we are in.
    await client.ping().catch((error: Error) => {
      if (!/NOPERM/.test(error.message)) throw error;
    });
    return client;
  } catch (error) {
    client.disconnect();
    settled.abort();
    throw await unusable(target, /WRONGPASS|NOAUTH/.test(String(error)) ? error : (said ?? error));
  }
}

/** A plain Redis may wait for the end of a TLS greeting for ever; so the port is asked while that goes on. */
async function plainSpoken(target: Target, settled: AbortSignal): Promise<void> {
  if (target.tls) await sleep(500, settled);
  if (target.tls && !settled.aborted && (await sniff(target)) === "plain")
    throw new Error("plain text spoken");
  return new Promise(() => {});
}

async function isCluster(client: Redis): Promise<boolean> {
  const answer = await client.cluster("INFO").catch(() => "");
  return /cluster_state/.test(String(answer));
}

function credentials({ options: { username, password } }: Redis) {
  return { ...(username && { username }), ...(password && { password }) };
}
