import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Cluster, type Redis } from "ioredis";
import { RedisServer, type RedisServerOptions } from "./server.js";
import { whenTestEnds } from "./warden.js";

const slots = 16_384;
const everyKey = 1_000_000;

/** How a Cluster of the tests' own is set up. */
export interface RedisClusterOptions {
  /** For each master. @default 0 */
  readonly replicas?: number;
  /** After how long a silent node is held for dead. Lower values take a busy machine for a dead one. @default 2000 */
  readonly nodeTimeoutMs?: number;
  /** Of every node. The default user must stay: the kit's own connections are his. */
  readonly server?: RedisServerOptions;
}

/** What a plain client may be told. */
export type ClusterClientOptions = NonNullable<ConstructorParameters<typeof Cluster>[1]>;

/** How a slot is moved from one node to another. */
export interface MigrationOptions {
  /** @default 10 */
  readonly keysPerStep?: number;
  /** Called after each step but the last, while the slot's keys are on both nodes. */
  readonly betweenSteps?: () => unknown;
}

/** A Redis Cluster of the tests' own. */
export class RedisCluster {
  /** The masters in the order of their slots, then the replicas of each master in turn. */
  readonly nodes: readonly RedisServer[];
  readonly #clients = new Set<Cluster>();
  readonly #consoles: readonly Redis[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
    this.#consoles = nodes.map((node) => node.connect());
  }

  /** Starts a Cluster that nobody stops but `stop` and the end of this process. */
  static async launch(masters = 3, options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const { replicas = 0, nodeTimeoutMs = 2_000, server = {} } = options;
    const config = {
      "cluster-enabled": "yes",
      "cluster-node-timeout": `${nodeTimeoutMs}`,
      ...(server.tls ? { "tls-cluster": "yes" } : {}),
      ...server.config,
    };
    const launched = await Promise.allSettled(
      Array.from({ length: masters * (1 + replicas) }, () => RedisServer.launch({ ...server, config })),
    );
    const nodes = launched.flatMap((node) => (node.status === "fulfilled" ? [node.value] : []));
    const cluster = new RedisCluster(nodes);
    try {
      for (const node of launched) if (node.status === "rejected") throw node.reason;
      await cluster.#join(masters);
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  get urls(): string[] {
    return this.nodes.map(({ url }) => url);
  }

  /** A plain client for what a test looks up or prepares, closed with the test. */
  client(options: ClusterClientOptions = {}): Cluster {
    const client = this.connect(options);
    whenTestEnds(() => {
      this.#clients.delete(client);
      client.disconnect();
    });
    return client;
  }

  /** A plain client that is closed with the Cluster. */
  connect(options: ClusterClientOptions = {}): Cluster {
    const { password, tls } = this.nodes[0]!.clientOptions();
    const redisOptions = { ...(password ? { password } : {}), ...(tls ? { tls } : {}) };
    const seeds = this.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
    const client = new Cluster(seeds, { slotsRefreshTimeout: 2_000, redisOptions, ...options });
    client.on("error", () => {});
    this.#clients.add(client);
    return client;
  }

  /** The slot of a key. */
  slotOf(key: string): Promise<number> {
    return this.#running()[0]!.cluster("KEYSLOT", key);
  }

  /** Where in `nodes` the master of a slot is. */
  async ownerOf(slot: number): Promise<number> {
    const master = await this.#masterSeenBy(this.#running()[0]!, slot);
    return this.nodes.findIndex(({ port }) => port === master);
  }

  /** A key whose slot lives on a node, `{…}` + `rest`; another one at each call. */
  async keyOn(node: number, rest = ""): Promise<string> {
    return `{${await this.botOn(node)}}${rest}`;
  }

  /** The id of a bot whose keys live on a node; another one at each call. */
  async botOn(node: number): Promise<number> {
    for (;;) {
      const botId = randomInt(1_000_000_000, 9_999_999_999);
      if ((await this.ownerOf(await this.slotOf(`{${botId}}`))) === node) return botId;
    }
  }

  /** Moves a slot with its keys while clients go on. `from` and `to` are places in `nodes`. */
  async migrateSlot(slot: number, from: number, to: number, options: MigrationOptions = {}): Promise<void> {
    const { keysPerStep = 10, betweenSteps } = options;
    const migration = await this.beginMigration(slot, from, to);
    while ((await migration.moveKeys(keysPerStep)) === keysPerStep) await betweenSteps?.();
    await migration.finish();
  }

  /** Opens a slot's migration and leaves its steps to the test, to look at the times between. */
  async beginMigration(slot: number, from: number, to: number): Promise<Migration> {
    const [source, target] = [this.#consoles[from]!, this.#consoles[to]!];
    const [sourceId, targetId] = await Promise.all([this.#idOf(from), this.#idOf(to)]);
    await target.cluster("SETSLOT", slot, "IMPORTING", sourceId);
    await source.cluster("SETSLOT", slot, "MIGRATING", targetId);
    const moveKeys = async (count: number) => {
      const keys = await source.cluster("GETKEYSINSLOT", slot, count);
      await this.#move(source, this.nodes[to]!, keys as string[]);
      return keys.length;
    };
    return {
      moveKeys,
      finish: async () => {
        while ((await moveKeys(100)) > 0);
        const masters = this.#consoles.filter((console) => console !== source && console !== target);
        for (const node of [target, source]) await node.cluster("SETSLOT", slot, "NODE", targetId);
        // Replicas refuse it, and learn it as all others would.
        for (const node of masters) await node.cluster("SETSLOT", slot, "NODE", targetId).catch(() => {});
        await this.#agreeThat(slot, this.nodes[to]!.port);
      },
      cancel: async () => {
        await source.cluster("SETSLOT", slot, "STABLE");
        const moved = await target.cluster("GETKEYSINSLOT", slot, everyKey);
        await this.#move(target, this.nodes[from]!, moved as string[]);
        await target.cluster("SETSLOT", slot, "STABLE");
      },
    };
  }

  /** Waits until every node that runs says that the Cluster works. */
  async healthy(): Promise<void> {
    await eachSays(this.#running(), "cluster_state:ok", async (node) => {
      return (await node.cluster("INFO")).includes("cluster_state:ok");
    });
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    this.#clients.clear();
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  async #join(masters: number): Promise<void> {
    const [first, ...others] = this.#consoles;
    await Promise.all(
      this.#consoles.map(async (node, at) => {
        await node.cluster("SET-CONFIG-EPOCH", at + 1);
        if (at < masters) await node.call("CLUSTER", "ADDSLOTS", ...slotsOf(at, masters));
      }),
    );
    // Each with each: gossip would take a second for every further node.
    for (const [at, node] of [first!, ...others].entries())
      for (const { port } of this.nodes.slice(0, at)) await node.cluster("MEET", "127.0.0.1", port);
    await eachSays(this.#consoles, "that it knows all nodes", async (node) => {
      return (await node.cluster("INFO")).includes(`cluster_known_nodes:${this.nodes.length}`);
    });
    await Promise.all(
      this.#consoles.slice(masters).map(async (node, at) => {
        await node.cluster("REPLICATE", await this.#idOf(at % masters));
      }),
    );
    await this.healthy();
    await eachSays(this.#consoles.slice(masters), "that it copies its master", async (node) => {
      return (await node.info("replication")).includes("master_link_status:up");
    });
    await eachSays(this.#consoles, "who has which slots and replicas", async (node) => {
      const ranges = await node.cluster("SLOTS");
      return (
        ranges.length === masters && ranges.flatMap((range) => range.slice(2)).length === this.nodes.length
      );
    });
  }

  /** With the target's credentials and all keys in one MIGRATE, as redis-cli does. */
  async #move(source: Redis, target: RedisServer, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { password } = target.clientOptions();
    const auth = password === undefined || password === null ? [] : ["AUTH", password];
    await source.call("MIGRATE", "127.0.0.1", target.port, "", 0, 5_000, ...auth, "KEYS", ...keys);
  }

  async #agreeThat(slot: number, owner: number): Promise<void> {
    await eachSays(this.#running(), `that slot ${slot} has moved`, async (node) => {
      return (await this.#masterSeenBy(node, slot)) === owner;
    });
  }

  async #masterSeenBy(node: Redis, slot: number): Promise<number | undefined> {
    const ranges = await node.cluster("SLOTS");
    return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
  }

  #idOf(node: number): Promise<string> {
    return this.#consoles[node]!.cluster("MYID");
  }

  #running(): Redis[] {
    return this.#consoles.filter((_, at) => this.nodes[at]!.running);
  }
}

/** A slot on its way, with keys on both nodes. */
export interface Migration {
  /** Moves at most `count` keys; the number moved. */
  moveKeys(count: number): Promise<number>;
  /** Moves what is left, and tells all nodes who has the slot. */
  finish(): Promise<void>;
  /** Moves all back. Redis has no live way: meanwhile clients miss the keys that had moved. */
  cancel(): Promise<void>;
}

/** Starts a Cluster that stops with the test; outside a test, with the process that runs the file. */
export async function startCluster(masters = 3, options: RedisClusterOptions = {}): Promise<RedisCluster> {
  const launched = RedisCluster.launch(masters, options);
  whenTestEnds(() =>
    launched.then(
      (cluster) => cluster.stop(),
      () => {},
    ),
  );
  return launched;
}

let shared: Promise<RedisCluster> | undefined;

/** The one Cluster of this file's process, for tests that leave its nodes and slots alone. */
export function sharedCluster(): Promise<RedisCluster> {
  shared ??= RedisCluster.launch();
  return shared;
}

function slotsOf(node: number, masters: number): number[] {
  const start = Math.floor((node * slots) / masters);
  const end = Math.floor(((node + 1) * slots) / masters);
  return Array.from({ length: end - start }, (_, at) => start + at);
}

async function eachSays(
  nodes: readonly Redis[],
  what: string,
  says: (node: Redis) => Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  for (const node of nodes)
    while (!(await says(node).catch(() => false))) {
      if (performance.now() > until) throw new Error(`no word from node ${node.options.port}: ${what}`);
      await sleep(20);
    }
}
