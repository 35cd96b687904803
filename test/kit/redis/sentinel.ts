import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { type ClientOptions, RedisServer } from "./server.js";
import { whenTestEnds } from "./warden.js";

/** How a watched master of the tests' own is set up. */
export interface RedisSentinelOptions {
  /** @default 1 */
  readonly sentinels?: 1 | 2 | 3;
  /** @default 1 */
  readonly replicas?: number;
  /** After how long a silent master is held for dead. @default 1000 */
  readonly downAfterMs?: number;
}

/** What an ioredis client needs to find the master. */
export interface SentinelAddress {
  readonly sentinels: { host: string; port: number }[];
  readonly name: string;
}

/** A master, its replicas, and Sentinels that watch them. One Sentinel's word is enough (quorum 1). */
export class RedisSentinel {
  readonly name = "sendonce";
  readonly sentinels: readonly RedisServer[];
  /** All data nodes; the first was the master at the beginning. */
  readonly servers: readonly RedisServer[];
  readonly #console: Redis;

  private constructor(servers: readonly RedisServer[], sentinels: readonly RedisServer[]) {
    this.servers = servers;
    this.sentinels = sentinels;
    this.#console = sentinels[0]!.connect();
  }

  /** Starts what nobody stops but `stop` and the end of this process. */
  static async launch(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
    const { sentinels = 1, replicas = 1, downAfterMs = 1_000 } = options;
    const started: RedisServer[] = [];
    const launch = async (...args: Parameters<typeof RedisServer.launch>) => {
      const server = await RedisServer.launch(...args);
      started.push(server);
      return server;
    };
    const times = <T>(count: number, make: () => Promise<T>) =>
      Promise.all(Array.from({ length: count }, make));
    try {
      const master = await launch();
      const copies = await times(replicas, () =>
        launch({ config: { replicaof: `127.0.0.1 ${master.port}` } }),
      );
      await Promise.all(copies.map(copying));
      const lines = [
        `sentinel monitor sendonce 127.0.0.1 ${master.port} 1`,
        `sentinel down-after-milliseconds sendonce ${downAfterMs}`,
        "sentinel failover-timeout sendonce 5000",
      ];
      const watching = await times(sentinels, () => launch({ lines, args: ["--sentinel"] }));
      await Promise.all(watching.map((sentinel) => knowsAll(sentinel, replicas, sentinels - 1)));
      return new RedisSentinel([master, ...copies], watching);
    } catch (error) {
      await Promise.all(started.map((server) => server.stop()));
      throw error;
    }
  }

  /** For `new Redis(address)`. */
  get address(): SentinelAddress {
    return {
      sentinels: this.sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
      name: this.name,
    };
  }

  /** The node that Sentinel names as the master now. */
  async master(): Promise<RedisServer> {
    const [, port] = (await this.#console.call("SENTINEL", "get-master-addr-by-name", this.name)) as string[];
    return this.servers.find((server) => server.port === Number(port))!;
  }

  /** A plain client that follows the master, closed with the test. */
  client(options: ClientOptions = {}): Redis {
    const client = new Redis({ ...this.address, sentinelRetryStrategy: () => 50, ...options });
    client.on("error", () => {});
    whenTestEnds(() => client.disconnect());
    return client;
  }

  /** Makes a replica the master in good order; the one that is master then. */
  async failover(): Promise<RedisServer> {
    const old = await this.master();
    await until("a replica that is fit to be master", () => this.#beginFailover());
    return this.newMaster(old);
  }

  /** Waits until another node than `old` is the master, as after `old.kill()`. */
  async newMaster(old: RedisServer): Promise<RedisServer> {
    await until("a new master", async () => {
      const master = await this.master();
      return master !== old && (await isMaster(master));
    });
    return this.master();
  }

  /** False while Sentinel has not yet heard enough of a replica, or ends an earlier failover. */
  async #beginFailover(): Promise<boolean> {
    try {
      await this.#console.call("SENTINEL", "FAILOVER", this.name);
      return true;
    } catch (error) {
      if (error instanceof Error && /^(NOGOODSLAVE|INPROG)/.test(error.message)) return false;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.servers].map((server) => server.stop()));
  }
}

/** Starts a watched master that stops with the test; outside a test, with the process that runs the file. */
export async function startSentinel(options: RedisSentinelOptions = {}): Promise<RedisSentinel> {
  const launched = RedisSentinel.launch(options);
  whenTestEnds(() =>
    launched.then(
      (sentinel) => sentinel.stop(),
      () => {},
    ),
  );
  return launched;
}

const isMaster = (server: RedisServer): Promise<boolean> =>
  asking(server, async (client) => (await client.info("replication")).includes("role:master"));

const copying = (replica: RedisServer): Promise<void> =>
  asking(replica, (client) =>
    until("the replica's first copy", async () => {
      return (await client.info("replication")).includes("master_link_status:up");
    }),
  );

const knowsAll = (sentinel: RedisServer, replicas: number, others: number): Promise<void> =>
  asking(sentinel, (client) =>
    until("the Sentinel's knowledge of all nodes", async () => {
      const info = await client.info("sentinel");
      if (!info.includes(`status=ok`) || !info.includes(`slaves=${replicas},sentinels=${others + 1}`))
        return false;
      const known = (await client.call("SENTINEL", "REPLICAS", "sendonce")) as string[][];
      return known.every((words) => words.includes("slave") && fieldOf(words, "master-link-status") === "ok");
    }),
  );

/** Sentinel answers in names and values by turns. */
const fieldOf = (words: readonly string[], name: string): string | undefined =>
  words[words.indexOf(name) + 1];

async function asking<T>(server: RedisServer, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = server.connect();
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`did not come within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}
