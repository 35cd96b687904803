import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, type Delivery, isSendonceError } from "@sendonce/grammy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisCluster } from "../kit/redis/cluster.js";
import { RedisServer, type RedisServerOptions } from "../kit/redis/server.js";
import { delivered, until } from "./sender.js";

/** A server, a guard before it that sends nothing without it, and what became of what was asked. */
class Bench {
  readonly modes: string[] = [];
  readonly told: string[] = [];
  readonly #guard;
  #texts = 1;

  constructor(
    readonly server: RedisServer,
    target: Parameters<typeof redisStore>[0] = server.url,
    readonly bot = "1",
  ) {
    const store = redisStore(target, { redis: {} });
    const quiet = { debug() {}, info() {}, warn() {}, error() {} };
    this.#guard = createGuard({ store, whenStoreDown: "reject", maxWaitMs: 0, limits: false, logger: quiet });
    this.#guard.on("mode", ({ mode }) => this.modes.push(mode));
    this.#guard.on("storeError", ({ message }) => this.told.push(message));
  }

  get store() {
    return this.#guard.store;
  }

  /** How it ended: a delivery's status, or the code of what was thrown. */
  async send(text = `text ${this.#texts++}`): Promise<string> {
    const call = { bot: this.bot, method: "sendMessage", payload: { chat_id: 7, text } };
    const send = async () => ({ type: "response" as const, body: delivered() as never });
    return this.#guard.run(call, send).then(
      ({ status }: Delivery) => status,
      (error: unknown) => {
        this.told.push(String((error as Error).message));
        return isSendonceError(error) ? error.code : String(error);
      },
    );
  }

  async close(): Promise<void> {
    await this.#guard.store.close();
  }
}

/** What the documentation calls what the library does. */
type Conduct = "away at once" | "away after three in a row" | "refused, no outage" | "not noticed" | "thrown";

interface Answer {
  readonly conduct: Conduct;
  readonly says?: RegExp;
  readonly options?: RedisServerOptions;
  /** Before the guard is made; answers where it connects. */
  readonly url?: (server: RedisServer) => string;
  /** Brings the server to the answer; answers how to mend that. */
  readonly provoke: (bench: Bench) => Promise<(() => unknown) | undefined>;
}

const config =
  (name: string, wrong: string, right: string): Answer["provoke"] =>
  async ({ server }) => {
    const admin = server.connect();
    await admin.config("SET", name, wrong);
    return () => admin.config("SET", name, right);
  };

const replicaOfNobody: Answer["provoke"] = async ({ server }) => {
  const admin = server.connect();
  await admin.replicaof("127.0.0.1", 1);
  return () => admin.replicaof("NO", "ONE");
};

const answers: Readonly<Record<string, Answer>> = {
  READONLY: { conduct: "away at once", says: /read-only replica/, provoke: replicaOfNobody },
  MASTERDOWN: {
    conduct: "away at once",
    says: /lost its master/,
    options: { config: { "replica-serve-stale-data": "no" } },
    provoke: replicaOfNobody,
  },
  OOM: { conduct: "away at once", says: /out of memory/, provoke: config("maxmemory", "1", "0") },
  NOREPLICAS: {
    conduct: "away at once",
    says: /too few replicas/,
    provoke: config("min-replicas-to-write", "1", "0"),
  },
  MISCONF: {
    conduct: "away at once",
    says: /cannot persist/,
    async provoke({ server }) {
      // A folder stands where the file should go.
      mkdirSync(join(server.dir, "dump.rdb"));
      writeFileSync(join(server.dir, "dump.rdb", "in-the-way"), "");
      const admin = server.connect();
      await admin.config("SET", "save", "3600 1000000");
      await admin.bgsave();
      await until(
        () => admin.info("persistence"),
        (info) => info.includes("rdb_last_bgsave_status:err"),
      );
      return () => admin.config("SET", "stop-writes-on-bgsave-error", "no");
    },
  },
  NOPERM: {
    conduct: "away at once",
    says: /lacks a permission/,
    async provoke({ server }) {
      const admin = server.connect();
      await admin.call("ACL", "SETUSER", "default", "-evalsha");
      return () => admin.call("ACL", "SETUSER", "default", "+evalsha");
    },
  },
  WRONGPASS: {
    conduct: "away at once",
    says: /refused the login/,
    options: { password: "right" },
    url: (server) => server.urlFor("", "wrong"),
    provoke: async ({ server }) => {
      const admin = server.connect();
      return () => admin.config("SET", "requirepass", "wrong");
    },
  },
  LOADING: {
    conduct: "away after three in a row",
    says: /loading its data/,
    options: { config: { "enable-debug-command": "yes", "loading-process-events-interval-bytes": "1024" } },
    async provoke({ server }) {
      const admin = server.connect();
      const fill = "for i = 1, 4000 do redis.call('SET', 'k' .. i, string.rep('x', 100)) end";
      await admin.eval(fill, 0);
      await admin.config("SET", "key-load-delay", "500");
      const other = server.connect();
      await other.ping();
      void admin.call("DEBUG", "RELOAD").catch(() => {});
      await until(
        () => other.set("x", 1).then(String, String),
        (answer) => answer.includes("LOADING"),
      );
      return undefined;
    },
  },
  BUSY: {
    conduct: "away after three in a row",
    says: /SCRIPT KILL/,
    options: { config: { "lua-time-limit": "5" } },
    async provoke({ server }) {
      // Connected before: a busy server answers no new client's first questions.
      const [admin, somebody] = [server.connect(), server.connect()];
      await Promise.all([admin.ping(), somebody.ping()]);
      void somebody.eval("while true do end", 0).catch(() => {});
      await until(
        () => admin.time().then(String, String),
        (answer) => answer.includes("BUSY"),
      );
      return () => admin.script("KILL");
    },
  },
  WRONGTYPE: {
    conduct: "thrown",
    says: /not Sendonce's; delete it/,
    async provoke(bench) {
      const admin = bench.server.connect();
      await bench.send("text 1");
      for (const record of await admin.keys("sendonce:{1}:1:r:c*")) {
        await admin.del(record);
        await admin.hset(record, "field", "value");
      }
      return undefined;
    },
  },
  NOSCRIPT: {
    conduct: "not noticed",
    async provoke({ server }) {
      await server.connect().script("FLUSH");
      return undefined;
    },
  },
};

interface Seen {
  readonly conduct: Conduct;
  readonly told: readonly string[];
  /** The last mode, after it was mended. */
  readonly back: string | undefined;
}

const servers: { stop(): Promise<void> }[] = [];
const seen = new Map<string, Promise<Seen>>();

/**
 * How four sends end, and how often the mode had changed by then. A refused send is also taken back, so that the third
 * failure in a row may come with the second send.
 */
const patterns: readonly (readonly [RegExp, Conduct])[] = [
  [/^(store_unavailable 1,?){4}$/, "away at once"],
  [/^store_unavailable 0,store_unavailable [01](,store_unavailable 1){2}$/, "away after three in a row"],
  [/^(sent 0,?){4}$/, "not noticed"],
  [/^configuration 0(,sent 0){3}$/, "thrown"],
];

/** Sends four, after one that went well. */
async function conductOf(bench: Bench): Promise<Conduct> {
  const ended = [];
  for (let i = 0; i < 4; i++) ended.push(`${await bench.send()} ${bench.modes.length}`);
  const words = ended.join();
  return patterns.find(([pattern]) => pattern.test(words))?.[1] ?? (words as Conduct);
}

async function look({ options, url, provoke }: Answer): Promise<Seen> {
  const server = await RedisServer.launch(options);
  servers.push(server);
  const bench = new Bench(server, url?.(server));
  if (url === undefined) expect(await bench.send("before")).toBe("sent");
  const mend = await provoke(bench);
  const conduct = await conductOf(bench);
  await mend?.();
  if (bench.modes.length > 0)
    await until(
      () => bench.modes.at(-1),
      (mode) => mode === "shared",
    );
  await bench.close();
  return { conduct, told: bench.told, back: bench.modes.at(-1) };
}

/** All at once, for each waits a second for the next probe. */
beforeAll(() => {
  for (const [name, answer] of Object.entries(answers)) {
    const looked = look(answer);
    looked.catch(() => {});
    seen.set(name, looked);
  }
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

test.each(Object.entries(answers))("%s", async (name, { conduct, says }) => {
  const { back, told, ...found } = await seen.get(name)!;
  expect({ ...found, told: told.join("\n") }).toMatchObject({ conduct });
  if (says) expect(told.join("\n")).toMatch(says);
  else expect(told).toEqual([]);
  expect(back).toBe(conduct.startsWith("away") ? "shared" : undefined);
});

test("TRYAGAIN, ASK, MOVED and CLUSTERDOWN", async () => {
  const cluster = await RedisCluster.launch(2);
  servers.push(cluster);
  const bot = `${await cluster.botOn(0)}`;
  const bench = new Bench(cluster.nodes[0]!, cluster.connect(), bot);
  expect(await bench.send("before")).toBe("sent");
  const slot = await cluster.slotOf(`sendonce:{${bot}}:`);

  await cluster.nodes[0]!.connect().set(`sendonce:{${bot}}:more`, "x");

  // Half of the keys are there: new ones have no place. The caller's patience is a second.
  const migration = await cluster.beginMigration(slot, 0, 1);
  await migration.moveKeys(1);
  expect(await bench.send()).toBe("rate_limited");
  expect(bench.modes).toEqual([]);
  expect(bench.told.join("\n")).toMatch(/moving this bot's keys: come again/);

  // All are there, and asked for there.
  await migration.moveKeys(100);
  const [record] = (await cluster.nodes[1]!.connect().keys(`sendonce:{${bot}}:1:r:c*`)).map((key) =>
    key.slice(key.indexOf(":r:") + 3),
  );
  expect(await bench.store.inspect(bot, record!)).toMatchObject({ state: "done" });

  await migration.finish();
  expect(await bench.send()).toBe("sent");
  expect(await bench.send("before")).toBe("replayed");
  expect(bench.modes).toEqual([]);

  const owner = cluster.nodes[1]!.connect();
  await owner.call("CLUSTER", "DELSLOTS", slot);
  bench.told.length = 0;
  expect(await conductOf(bench)).toBe("away after three in a row");
  expect(bench.told.join("\n")).toMatch(/Cluster is down/);
  await sleep(1_500);
  expect(bench.modes).toEqual(["reject"]);
  await owner.call("CLUSTER", "ADDSLOTS", slot);
  await until(
    () => bench.modes.join(),
    (modes) => modes === "reject,shared",
  );
  await bench.close();
});

test("the documentation says of each what it does", () => {
  const page = readFileSync(new URL("../../docs/redis.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Z]+)`[^|]*\| ([^|]+?) \|/gm)].map(([, code, does]) => [
    code,
    does,
  ]);
  const fromCluster = {
    TRYAGAIN: "refused, no outage",
    ASK: "not noticed",
    MOVED: "not noticed",
    CLUSTERDOWN: "away after three in a row",
  };
  const provoked = Object.entries(answers).map(([code, { conduct }]) => [code, conduct]);
  expect(Object.fromEntries(rows)).toEqual({ ...Object.fromEntries(provoked), ...fromCluster });
});
