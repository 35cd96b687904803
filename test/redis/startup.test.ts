import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { startCluster } from "../kit/redis/cluster.js";
import { startProxy } from "../kit/redis/proxy.js";
import { sharedRedis, startRedis } from "../kit/redis/server.js";
import { eventually, telegram } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";
import { permissions } from "./documented.js";
import { type Sender, senderOn, until } from "./sender.js";

/** What a store that is not there may cost beyond the time that it is given, ms. */
const marginMs = 1_000;
const nowhere = "redis://user:hunter2@127.0.0.1:1";

/** Everything that an error says, also by what caused it. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? "";
  return [error.stack, JSON.stringify(error), JSON.stringify({ ...error }), words(error.cause)].join("\n");
}

/** Every event of a guard, as a listener gets it. */
function eventsOf({ guard }: Sender): unknown[] {
  const seen: unknown[] = [];
  for (const name of ["sent", "failed", "refused", "mode", "storeError", "replayed"] as const)
    guard.on(name, (event) => seen.push([name, event]));
  return seen;
}

describe("secrets", () => {
  test("the first log line names the store, without user and password", () => {
    const { log } = senderOn(nowhere, 1);
    expect(log).toEqual([
      `sendonce: records and limits are shared {"store":"redis://127.0.0.1:1","whenStoreDown":"local"}`,
    ]);
  });

  test.each(["local", "reject", "allow-all"] as const)(
    "%s: nothing that is logged, told or thrown in an outage holds the password",
    async (whenStoreDown) => {
      const printed = (["log", "warn", "error"] as const).map((name) => vi.spyOn(console, name));
      const warned: unknown[] = [];
      const onWarning = (warning: Error) => warned.push(words(warning));
      process.on("warning", onWarning);
      onTestFinished(() => void process.off("warning", onWarning));
      const acl = ["user user on >hunter2 ~sendonce:* +@all"];
      const server = await startRedis({ acl });
      const sender = senderOn(server.urlFor("user", "hunter2"), 1, { whenStoreDown });
      const events = eventsOf(sender);
      const told: unknown[] = [await sender.send("before")];
      await server.kill();
      for (let i = 0; i < 5; i++) {
        told.push(await sender.send(`during ${i}`));
        told.push(await sender.guard.store.ping().catch(words));
      }
      expect(sender.modes).toEqual([whenStoreDown]);
      const all = [...sender.log, ...events, ...told, ...warned]
        .map((each) => JSON.stringify(each))
        .join("\n");
      expect(all).toContain("Redis refused the connection");
      expect(all).not.toContain("hunter2");
      for (const print of printed) expect(print).not.toHaveBeenCalled();
    },
  );
});

describe("where no Redis answers from the start", () => {
  test.each([
    ["refuses connections", async () => nowhere],
    ["accepts them and says nothing", async () => `redis://127.0.0.1:${await mutePort()}`],
  ])("a one-shot script on a REDIS_URL that %s sends and exits by itself", async (_, open) => {
    const emulator = await telegram();
    const worker = startWorker("redis/workers/sender.ts", {
      REDIS_URL: await open(),
      BOT_TOKEN: "4242:test-token",
      API_ROOT: emulator.url,
      COUNT: "1",
    });
    await worker.says("ready");
    worker.tell("go");
    await worker.says("done");
    const from = performance.now();
    expect(await worker.end()).toBe(0);
    expect(performance.now() - from).toBeLessThan(6_000);
    expect(emulator.ledger.count()).toBe(1);
    expect(worker.lines.join("\n") + worker.stderr).not.toContain("hunter2");
  });

  test("the first send is answered in connectTimeoutMs and a little; the next ones wait less", async () => {
    const { server, botId } = await sharedRedis();
    const proxy = await startProxy(server);
    proxy.blackHole();
    const connection = { connectTimeoutMs: 1_000, commandTimeoutMs: 200 };
    const sender = senderOn(proxy.url, botId, { connection });
    for (let i = 0; i < 4; i++) expect((await sender.send(`${i}`)).status).toBe("sent");
    expect(sender.took[0]).toBeLessThan(connection.connectTimeoutMs + marginMs);
    for (const ms of sender.took.slice(1)) expect(ms).toBeLessThan(connection.commandTimeoutMs + 300);
    if (process.env.FIGURES) console.log({ blackHoled: sender.took });
    proxy.heal();
    await until(
      () => sender.modes.join(),
      (modes) => modes === "local,shared",
    );
    expect((await sender.send("3")).status).toBe("replayed");
  });

  test("a connection that went mute is replaced, though nobody ever closes it", async () => {
    const { server, botId } = await sharedRedis();
    const port = await mutePort({ connections: 1, behind: server.port });
    const connection = { connectTimeoutMs: 500, commandTimeoutMs: 200 };
    const sender = senderOn(`redis://127.0.0.1:${port}`, botId, { connection });
    expect((await sender.send("first")).status).toBe("sent");
    await until(
      async () => (await sender.guard.store.ping().catch(() => undefined)) !== undefined,
      (answers) => answers,
    );
    await until(
      () => sender.guard.store.inspect(`${botId}`, "none").then(() => sender.modes.at(-1) ?? "shared"),
      (mode) => mode === "shared",
    );
    const twin = senderOn(server.url, botId);
    await until(
      () => twin.guard.store.ping(),
      () => true,
    );
    expect((await sender.send("second")).status).toBe("sent");
    expect((await twin.send("second")).status).toBe("replayed");
  });
});

describe("a Redis that is set up with care", () => {
  const { narrowest } = permissions();

  test("an ACL user needs no more than seven commands on sendonce:*", async () => {
    const warn = vi.spyOn(console, "warn");
    const server = await startRedis({ acl: [narrowest] });
    const sender = senderOn(server.urlFor("sendonce", "secret"), 1);
    expect((await sender.send("hello")).status).toBe("sent");
    expect((await sender.send("hello")).status).toBe("replayed");
    await sender.guard.handleUpdate({ bot: "1", updateId: 1 }, () => sender.send("reply"));
    await sender.guard.limiter.resetBucket(7, "CHAT");
    await sender.guard.store.ping();
    expect(sender.modes).toEqual([]);
    expect(sender.log.filter((line) => /store/.test(line))).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
    // What ioredis asks for itself and does without: its name, for CLIENT LIST.
    const denied = (await server.client().call("ACL", "LOG")) as string[][];
    expect(denied.filter((entry) => !/client\|set(info|name)|hello/.test(entry.join(" ")))).toEqual([]);
  });

  test("one permission fewer is named", async () => {
    const server = await startRedis({ acl: [narrowest.replace(" +evalsha", "")] });
    const sender = senderOn(server.urlFor("sendonce", "secret"), 1, { whenStoreDown: "reject" });
    expect((await sender.send("hello")).status).toBe("store_unavailable");
    expect(sender.log.join("\n")).toMatch(/lacks a permission: it needs evalsha, eval, get, set, del, time/);
  });

  test("TLS with a private authority works by options.redis.tls; without it the error says what to do", async () => {
    const server = await startRedis({ tls: true });
    const connection = { redis: { tls: { ca: server.tls!.client.ca } } };
    const sender = senderOn(server.url, 1, { connection });
    expect((await sender.send("hello")).status).toBe("sent");
    expect(sender.modes).toEqual([]);
    const stranger = senderOn(server.url, 1, { whenStoreDown: "reject" });
    expect((await stranger.send("hello")).status).toBe("store_unavailable");
    expect(stranger.log.join("\n")).toMatch(
      /the TLS connection to Redis failed: check rediss:\/\/ and the CA/,
    );
  });

  test("SCRIPT FLUSH is not noticed", async () => {
    const server = await startRedis();
    const sender = senderOn(server.url, 1);
    await sender.send("before");
    await server.client().script("FLUSH");
    expect((await sender.send("after")).status).toBe("sent");
    expect((await sender.send("before")).status).toBe("replayed");
    expect(sender.modes).toEqual([]);
    expect(sender.log.filter((line) => line.startsWith("store failed"))).toEqual([]);
  });
});

describe("a Cluster", () => {
  test("moves a bot's slot while it sends: no outage, nothing doubled, nothing lost", async () => {
    const cluster = await startCluster(2);
    const bot = await cluster.botOn(0);
    const sender = senderOn(cluster.client(), bot, { limits: { global: false } });
    const say = (chat_id: number) => sender.call("sendMessage", { chat_id, text: `to ${chat_id}` });
    for (let chat = 1; chat <= 100; chat++) await say(chat);
    let moving = true;
    const sending = (async () => {
      for (let chat = 1_001; moving; chat++) expect((await say(chat)).status).toBe("sent");
    })();
    const slot = await cluster.slotOf(`sendonce:{${bot}}:`);
    await cluster.migrateSlot(slot, 0, 1, {
      keysPerStep: 10,
      betweenSteps: () => new Promise((resolve) => setTimeout(resolve, 50)),
    });
    moving = false;
    await sending;
    expect(sender.modes).toEqual([]);
    expect(sender.log.filter((line) => line.startsWith("store"))).toEqual([]);
    expect(new Set(sender.received).size).toBe(sender.received.length);
    if (process.env.FIGURES) console.log({ sent: sender.received.length, longest: Math.max(...sender.took) });
    expect((await say(1)).status).toBe("replayed");
    expect((await say(5_000)).status).toBe("sent");
    expect(await cluster.ownerOf(slot)).toBe(1);
  });

  test("a script whose keys are half moved waits for the move: that is no outage", async () => {
    const cluster = await startCluster(2);
    const bot = `${await cluster.botOn(0)}`;
    const store = redisStore(cluster.client());
    onTestFinished(() => store.close());
    const params = { kind: "bucket", capacity: 9, intervalUs: 9e6 } as const;
    const rules = [{ name: "chat", key: "chat:7", params, cost: 1, mode: "wait" as const }];
    const times = { maxWaitUs: 10e6, leaseUs: 30e6, graceUs: 10e6, ttlUs: 60e6 };
    const ask = (id: string) =>
      store.admit({ bot, owner: id, attempt: 0, claim: { id, mode: "send" }, rules, ...times });
    expect(await ask("before")).toMatchObject({ status: "go" });
    const slot = await cluster.slotOf(`sendonce:{${bot}}:`);
    const migration = await cluster.beginMigration(slot, 0, 1);
    await migration.moveKeys(1);
    const during = ask("during").then(({ status }) => status);
    // Longer than one command may take.
    await new Promise((resolve) => setTimeout(resolve, 800));
    await migration.finish();
    // Its deadline is over by then, and it is asked anew.
    expect(await during).toBe("go");
  });
});

/** A port that accepts connections and never answers; after the first `connections`, it leads to `behind`. */
async function mutePort({ connections = Number.POSITIVE_INFINITY, behind = 0 } = {}): Promise<number> {
  let accepted = 0;
  const server: Server = createServer((client) => {
    client.on("error", () => {});
    onTestFinishedLater(() => client.destroy());
    if (accepted++ < connections) return;
    const onward = connect(behind, "127.0.0.1");
    onward.on("error", () => {});
    client.pipe(onward).pipe(client);
  });
  const open: (() => void)[] = [];
  const onTestFinishedLater = (clean: () => void) => void open.push(clean);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const clean of open) clean();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a Redis that throws keys away when it is full is warned about, once and with the remedy", async () => {
  const server = await startRedis({ config: { maxmemory: "50mb", "maxmemory-policy": "allkeys-lru" } });
  const emulator = await telegram();
  const warnings: string[] = [];
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (_: object, line: string) => warnings.push(line),
  };
  const guard = createGuard({ store: redisStore(server.url), logger });
  onTestFinished(() => guard.store.close());
  const api = install(new Api("4242:secret", { apiRoot: emulator.url }), guard);
  for (const text of ["a", "b"]) await api.sendMessage(7, text);
  await eventually(() => warnings.length > 0, "the warning");
  expect(warnings).toEqual([expect.stringMatching(/maxmemory-policy noeviction/)]);
});
