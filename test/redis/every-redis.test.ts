import { join } from "node:path";
import { type RedisStoreOptions, redisStore } from "@sendonce/core/redis";
import { type GuardOptions, window } from "@sendonce/grammy";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedCluster } from "../kit/redis/cluster.js";
import { untilCopied } from "../kit/redis/copied.js";
import { startSentinel } from "../kit/redis/sentinel.js";
import { sharedRedis, startRedis } from "../kit/redis/server.js";
import { permissions } from "./documented.js";
import { type Sender, senderOn, until } from "./sender.js";

type Target = Parameters<typeof redisStore>[0];

/** A client as a bot would make it; closed with the test. */
function own(options: Omit<RedisOptions, "replyMapping">): Redis {
  const client = new Redis({ ...options, lazyConnect: true });
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

const limits = { chat: window({ limit: 2, perMs: 400 }) };

/** Send, replay, waiting for a limit, an update that comes twice, and what is known of the server: in two processes. */
async function works(target: Target, bot: number, options: RedisStoreOptions & GuardOptions = {}) {
  const { redis, waitForReplicas, ...rest } = options;
  const connection = { ...(redis && { redis }), ...(waitForReplicas && { waitForReplicas }) };
  const [one, other] = [1, 2].map(() => senderOn(target, bot, { connection, limits, ...rest })) as [
    Sender,
    Sender,
  ];
  expect((await one.send("first")).status).toBe("sent");
  expect((await other.send("first")).status).toBe("replayed");
  expect((await other.send("second")).status).toBe("sent");
  const third = await one.send("third");
  expect(third.status).toBe("sent");
  expect(third.waitedMs).toBeGreaterThan(0);
  const update = { bot: `${bot}`, updateId: 1 };
  expect(await one.guard.handleUpdate(update, async () => "handled")).toBe("handled");
  expect(await other.guard.handleUpdate(update, async () => "again")).toBeUndefined();
  expect(await one.guard.health()).toMatchObject({ status: "ok", mode: "shared", owed: 0, problems: [] });
  for (const { modes, log } of [one, other]) {
    expect(modes).toEqual([]);
    expect(log.filter((line) => line.startsWith("store"))).toEqual([]);
  }
  return { one, other };
}

/** Two uploads at once, in two processes, where one may be. */
async function capped(target: Target, bot: number, options: RedisStoreOptions = {}) {
  const caps = { uploads: { limit: 1, methods: ["sendVideo"] } };
  const senders = [1, 2].map(() => senderOn(target, bot, { connection: options, caps }));
  let [open, most] = [0, 0];
  const upload = async () => {
    most = Math.max(most, ++open);
    await new Promise((resolve) => setTimeout(resolve, 50));
    open--;
    return { ok: true, result: { message_id: 1, date: 1, chat: { id: 8, type: "private" } } };
  };
  const sent = senders.map((sender, n) =>
    sender.call("sendVideo", { chat_id: 8, video: `file-${n}` }, upload),
  );
  expect((await Promise.all(sent)).map(({ status }) => status)).toEqual(["sent", "sent"]);
  expect(most).toBe(1);
}

describe("works on", () => {
  test("a standalone Redis by its URL, in any of its databases", async () => {
    const { url, botId, client } = await sharedRedis();
    await works(url, botId);
    await capped(url, botId);
    await works(`${url}/3`, botId);
    expect(await client({ db: 3 }).keys(`sendonce:{${botId}}:*`)).not.toEqual([]);
  });

  test("a password in the URL, whatever it holds", async () => {
    const { url } = await startRedis({ password: "s€cr:t@/%#" });
    await works(url, 1);
  });

  test("a client of the bot's own, with a keyPrefix, which itself is not connected", async () => {
    const { server, botId, client } = await sharedRedis();
    const mine = own({ ...server.clientOptions(), keyPrefix: "mine:" });
    await works(mine, botId);
    await capped(mine, botId);
    expect(mine.status).toBe("wait");
    const keys = await client().keys(`*{${botId}}*`);
    expect(keys.filter((key) => !key.startsWith("mine:sendonce:"))).toEqual([]);
    expect(keys).not.toEqual([]);
  });

  test("a Unix socket, by a client; in a URL it is refused with the remedy", async () => {
    const { dir } = await sharedRedis().then(({ server }) => server);
    const path = join(dir, "redis.sock");
    await startRedis({ config: { unixsocket: path } });
    await works(own({ path }), 1);
    expect(() => redisStore(path)).toThrow(/must look like redis:/);
  });

  test("TLS with a private authority, and with a certificate of the client's", async () => {
    const server = await startRedis({ tls: "mutual" });
    const { redis } = { redis: { tls: server.tls!.client } };
    await works(server.url, 1, { redis });
    await capped(server.url, 1, { redis });
  });

  test("the permissions of the documentation, and not one fewer for caps or replicas", async () => {
    const { narrowest, caps, replicas } = permissions();
    const acl = (more = "", user = "sendonce") =>
      `${narrowest.replace("user sendonce", `user ${user}`)} ${more}`;
    const lists = [acl(), acl(caps, "capped"), acl(replicas, "copied")];
    const server = await startRedis({ acl: lists });
    await works(server.urlFor("sendonce", "secret"), 1);
    await capped(server.urlFor("capped", "secret"), 1);
    await startRedis({ config: { replicaof: `127.0.0.1 ${server.port}` } });
    await untilCopied(server);
    await works(server.urlFor("copied", "secret"), 2, { waitForReplicas: { replicas: 1, timeoutMs: 400 } });
    // What ioredis asks for itself and does without: its name, for CLIENT LIST.
    const denied = (await server.client().call("ACL", "LOG")) as string[][];
    expect(denied.filter((entry) => !/client\|set(info|name)|hello/.test(entry.join(" ")))).toEqual([]);
    await expect(capped(server.urlFor("sendonce", "secret"), 1)).rejects.toThrow();
  });

  test("a Cluster, with two bots on two nodes; caps are refused with the remedy", async () => {
    const cluster = await sharedCluster();
    const client = new Cluster(
      cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
      { lazyConnect: true },
    );
    onTestFinished(() => client.disconnect());
    for (const node of [0, 1]) await works(client, await cluster.botOn(node));
    await expect(capped(client, await cluster.botOn(0))).rejects.toThrow(/leave `caps` out/);
  });

  test("a master that Sentinel names, and the next one after a failover", async () => {
    const sentinel = await startSentinel();
    const client = own(sentinel.address);
    const { one, other } = await works(client, 1);
    await capped(client, 1);
    await sentinel.failover();
    await until(
      async () => {
        const { mode, store } = await one.guard.health();
        await one.send("first");
        return `${mode} ${store.error === undefined}`;
      },
      (found) => found === "shared true",
      10_000,
    );
    await until(
      () => other.guard.health(),
      ({ status }) => status === "ok",
    );
    expect((await one.send("first")).status).toBe("replayed");
    expect((await one.send("after")).status).toBe("sent");
    expect((await other.send("after")).status).toBe("replayed");
  });
});
