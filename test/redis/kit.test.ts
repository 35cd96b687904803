import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { sharedCluster, startCluster } from "../kit/redis/cluster.js";
import { countCommands, keys, memoryUsage } from "../kit/redis/commands.js";
import { provideRedis } from "../kit/redis/provide.js";
import { startProxy } from "../kit/redis/proxy.js";
import { startSentinel } from "../kit/redis/sentinel.js";
import { type ClientOptions, sharedRedis, startRedis } from "../kit/redis/server.js";
import { eventually } from "../kit/telegram.js";

/** Gives up at once: what it was told is what happened. */
const hasty = {
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  commandTimeout: 200,
} as const;

describe("a server", () => {
  test("that keeps its data has it after kill -9 and a restart, on the same port", async () => {
    const redis = await startRedis({ persistence: true });
    const client = redis.client();
    const firstPid = redis.pid;
    await client.set("kept", "yes");
    await redis.kill();
    expect(() => redis.pid).toThrow("does not run");
    await redis.restart();
    expect(redis.pid).not.toBe(firstPid);
    expect(await client.get("kept")).toBe("yes");
  });

  test("forgets everything when it restarts, unless asked to keep it", async () => {
    const redis = await startRedis();
    await redis.client().set("kept", "no");
    await redis.restart();
    expect(await redis.client().exists("kept")).toBe(0);
  });

  test("keeps its clients waiting while it is frozen, and then answers", async () => {
    const redis = await startRedis();
    const client = redis.client({ commandTimeout: 200 });
    await client.ping();
    redis.pause();
    await expect(client.ping()).rejects.toThrow("timed out");
    redis.resume();
    expect(await client.ping()).toBe("PONG");
  });

  test("takes settings and a password, which its URL holds", async () => {
    const redis = await startRedis({ config: { maxmemory: "3mb" }, password: "a b@c" });
    const client = plainClient(redis.url);
    expect(await client.config("GET", "maxmemory")).toEqual(["maxmemory", "3145728"]);
    await expect(redis.client({ password: "wrong" }).ping()).rejects.toThrow();
  });

  test("that cannot start says why", async () => {
    await expect(startRedis({ config: { maxmemory: "much" } })).rejects.toThrow("argument must be");
  });

  test("of ACL users lets each do what he may", async () => {
    const acl = ["user sendonce on >secret ~sendonce:* +@all -@dangerous +info"];
    const redis = await startRedis({ acl });
    const client = plainClient(redis.urlFor("sendonce", "secret"));
    expect(await client.set("sendonce:{1}:x", 1)).toBe("OK");
    await expect(client.set("other", 1)).rejects.toThrow("NOPERM");
    await expect(client.call("FLUSHALL")).rejects.toThrow("NOPERM");
  });

  test("of TLS answers those who trust its authority, and nobody else", async () => {
    const redis = await startRedis({ tls: true });
    expect(redis.url).toMatch(/^rediss:/);
    expect(await plainClient(redis.url, { tls: { ca: redis.tls!.client.ca } }).ping()).toBe("PONG");
    await expect(plainClient(redis.url, hasty).ping()).rejects.toThrow();
  });

  test("of mutual TLS answers those who show a certificate", async () => {
    const redis = await startRedis({ tls: "mutual" });
    expect(await redis.client().ping()).toBe("PONG");
    const nameless = { ...hasty, tls: { ca: redis.tls!.client.ca } };
    await expect(redis.client(nameless).ping()).rejects.toThrow();
  });

  test.each(["SIGINT", "SIGKILL"] as const)("does not outlive a test run that got %s", async (signal) => {
    const script = fileURLToPath(new URL("holds-a-server.ts", import.meta.url));
    const run = spawn(process.execPath, ["--import", "tsx", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void run.kill("SIGKILL"));
    const [said] = (await once(run.stdout, "data")) as [Buffer];
    const { port, dir } = JSON.parse(said.toString()) as { port: number; dir: string };
    expect(await isOpen(port)).toBe(true);
    run.kill(signal);
    await eventually(() => !existsSync(dirname(dir)), "its folder is gone");
    await expect.poll(() => isOpen(port)).toBe(false);
  });
});

describe("a shared server", () => {
  test("gives each test a bot of its own", async () => {
    const [one, other] = [await sharedRedis(), await sharedRedis()];
    expect(one.url).toBe(other.url);
    expect(one.botId).not.toBe(other.botId);
  });

  test("outlives the test that started it, without its clients", async () => {
    const { client, prefix } = await sharedRedis();
    const ours = client();
    await ours.set(`${prefix}b`, 1);
    await ours.set(`${prefix}a`, 1);
    expect(await keys(ours, `${prefix}*`)).toEqual([`${prefix}a`, `${prefix}b`]);
    expect(await memoryUsage(ours, `${prefix}a`)).toBeGreaterThan(30);
    expect(await memoryUsage(ours, `${prefix}none`)).toBe(0);
  });
});

describe("the count of commands", () => {
  test("names what ran since, also within scripts, and not its own INFO", async () => {
    const redis = await startRedis();
    const client = redis.client();
    const executed = await countCommands(client);
    expect(await executed()).toEqual({});
    await client.eval("return redis.call('INCR', KEYS[1])", 1, "n");
    await client.incr("n");
    await client.config("GET", "maxmemory");
    expect(await executed()).toEqual({ eval: 1, incr: 2, "config|get": 1, info: 1 });
  });
});

describe("a Cluster", () => {
  test("keeps keys on each node and moves a slot under its clients' feet", async () => {
    const cluster = await startCluster();
    const client = cluster.client();
    for (const node of cluster.nodes.keys()) {
      const key = await cluster.keyOn(node);
      await client.set(key, node);
      expect(await cluster.nodes[node]!.client().get(key)).toBe(`${node}`);
    }

    const tag = await cluster.keyOn(0, ":moving");
    for (let n = 0; n < 25; n++) await client.set(`${tag}${n}`, n);
    const slot = await cluster.slotOf(tag);
    let steps = 0;
    const betweenSteps = async () => {
      steps += 1;
      expect(await client.get(`${tag}${steps}`)).toBe(`${steps}`);
    };
    await cluster.migrateSlot(slot, 0, 2, { keysPerStep: 10, betweenSteps });
    expect(steps).toBe(2);
    expect(await cluster.ownerOf(slot)).toBe(2);
    expect(await keys(client, `${tag}*`)).toHaveLength(25);
    expect(await client.get(`${tag}24`)).toBe("24");
  });

  test("tells a command on two keys to try again while they are on two nodes", async () => {
    const cluster = await startCluster(2);
    const tag = await cluster.keyOn(1, ":");
    const slot = await cluster.slotOf(tag);
    const owner = cluster.nodes[1]!.client();
    await owner.mset(`${tag}a`, 1, `${tag}b`, 2);
    const migration = await cluster.beginMigration(slot, 1, 0);
    expect(await migration.moveKeys(1)).toBe(1);
    await expect(owner.mget(`${tag}a`, `${tag}b`)).rejects.toThrow("TRYAGAIN");
    await migration.cancel();
    expect(await owner.mget(`${tag}a`, `${tag}b`)).toEqual(["1", "2"]);
  });

  test("of masters and replicas lives on when a master dies", async () => {
    const cluster = await startCluster(3, { replicas: 1, nodeTimeoutMs: 1_000 });
    const client = cluster.client();
    const key = await cluster.keyOn(0);
    await client.set(key, "kept");
    await client.wait(1, 1_000);
    await cluster.nodes[0]!.kill();
    await expect.poll(() => client.get(key).catch(() => undefined), { timeout: 15_000 }).toBe("kept");
    await cluster.healthy();
    expect(await cluster.ownerOf(await cluster.slotOf(key))).toBe(3);
  });

  test("is shared by tests that leave it as it is", async () => {
    const cluster = await sharedCluster();
    expect(await sharedCluster()).toBe(cluster);
    const executed = await countCommands(cluster.client());
    await cluster.client().set("a", 1);
    expect(await executed()).toMatchObject({ set: 1 });
  });
});

describe("Sentinel", () => {
  test("hands the master's part to a replica when asked", async () => {
    const sentinel = await startSentinel();
    const first = await sentinel.master();
    const client = sentinel.client();
    await client.set("kept", "yes");
    const second = await sentinel.failover();
    expect(second).not.toBe(first);
    await expect.poll(() => client.get("kept").catch(() => undefined)).toBe("yes");
    await expect.poll(() => client.set("kept", "still").catch(() => undefined)).toBe("OK");
  });

  test("of three agrees on a new master when the old one dies", async () => {
    const sentinel = await startSentinel({ sentinels: 3 });
    const old = await sentinel.master();
    await old.kill();
    expect(await sentinel.newMaster(old)).not.toBe(old);
    expect(await sentinel.client().set("a", 1)).toBe("OK");
  });
});

describe("the proxy", () => {
  const behindProxy = async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis);
    return { redis, proxy, direct: redis.client() };
  };

  test("passes everything on and counts it", async () => {
    const { proxy } = await behindProxy();
    const client = plainClient(proxy.url);
    const big = "x".repeat(300_000);
    await client.set("big", big);
    expect(await Promise.all([client.get("big"), client.get("big"), client.incr("n")])).toEqual([
      big,
      big,
      1,
    ]);
    expect(proxy.passed).toMatchObject({ connections: 1, open: 1, requests: { set: 1, get: 2, incr: 1 } });
    expect(proxy.passed.bytes.toClients).toBeGreaterThan(600_000);
  });

  test("loses the reply of a command that was carried out", async () => {
    const { proxy, direct } = await behindProxy();
    const client = plainClient(proxy.url, hasty);
    await client.ping();
    proxy.loseReplies({ on: "incr" });
    await expect(client.incr("n")).rejects.toThrow("timed out");
    expect(await direct.get("n")).toBe("1");
    proxy.heal();
    await ready(client);
    expect(await client.incr("n")).toBe(2);
  });

  test("breaks the connection instead of the reply, so that a client may send once more", async () => {
    const { proxy, direct } = await behindProxy();
    const client = plainClient(proxy.url);
    proxy.loseReplies({ on: "incr", times: 1, reset: true });
    expect(await client.incr("n")).toBe(2);
    expect(await direct.get("n")).toBe("2");
    expect(proxy.passed.requests.incr).toBe(2);
  });

  test("swallows a command that then never runs", async () => {
    const { proxy, direct } = await behindProxy();
    const client = plainClient(proxy.url, hasty);
    await client.ping();
    proxy.blackHole();
    await expect(client.incr("n")).rejects.toThrow("timed out");
    expect(await direct.exists("n")).toBe(0);
    proxy.heal();
    await ready(client);
    expect(await client.incr("n")).toBe(1);
  });

  test("resets connections before a command arrives", async () => {
    const { proxy, direct } = await behindProxy();
    const client = plainClient(proxy.url, hasty);
    await client.ping();
    proxy.reset({ on: "incr", times: 1 });
    await expect(client.incr("n")).rejects.toThrow();
    expect(await direct.exists("n")).toBe(0);
    proxy.resetConnections();
    await ready(client);
    expect(await client.incr("n")).toBe(1);
  });

  test("delays answers, which keep their order", async () => {
    const { proxy } = await behindProxy();
    const client = plainClient(proxy.url);
    await client.ping();
    proxy.delay(80);
    const start = performance.now();
    const slow = client.incr("n");
    setTimeout(() => proxy.delay(0), 20);
    expect(await Promise.all([slow, client.incr("n")])).toEqual([1, 2]);
    expect(performance.now() - start).toBeGreaterThan(75);
  });
});

describe("where no redis-server is", () => {
  test("one line tells how to get one", async () => {
    const missing = provideRedis({ PATH: folder(), uid: 0 });
    await expect(missing).rejects.toThrow(
      /^These tests need redis-server 6\.2 or later .*apt-get.*brew.*Valkey/,
    );
    await expect(missing).rejects.not.toThrow("\n");
  });

  test("one that is too old or broken is named in the same line", async () => {
    const PATH = folder({ "redis-server": "echo Redis server v=6.0.16 bits=64" });
    await expect(provideRedis({ PATH })).rejects.toThrow("6.0.16");
    await expect(provideRedis({ PATH, REDIS_SERVER: "/nowhere/redis" })).rejects.toThrow("/nowhere/redis");
  });

  test("a Valkey will do", async () => {
    const PATH = folder({ "valkey-server": "echo Valkey server v=8.1.0 bits=64" });
    expect(await provideRedis({ PATH })).toBe(join(PATH, "valkey-server"));
  });

  test.runIf(process.platform === "linux")("many processes of root install it once", async () => {
    const PATH = folder({
      "apt-get": `cd "\${0%/*}"; echo "$1" >>asked
        [ "$1" = update ] || { sleep 0.2; echo 'echo Redis server v=7.0.15' | cat shebang - >redis-server
        chmod 755 redis-server; }`,
    });
    writeFileSync(join(PATH, "shebang"), "#!/bin/sh\n");
    for (const program of ["sh", "flock", "chmod", "rm", "cat", "sleep"]) borrow(program, PATH);
    vi.stubEnv("TMPDIR", PATH);
    onTestFinished(() => void vi.unstubAllEnvs());
    const installed = await Promise.all([1, 2, 3].map(() => provideRedis({ PATH, uid: 0 })));
    expect(new Set(installed)).toEqual(new Set([join(PATH, "redis-server")]));
    expect(readFileSync(join(PATH, "asked"), "utf8")).toBe("update\ninstall\n");
  });

  test.runIf(process.platform === "linux")("a failed installation is told", async () => {
    const PATH = folder({ "apt-get": "echo 'E: no network' >&2; exit 100" });
    for (const program of ["sh", "flock", "chmod", "rm"]) borrow(program, PATH);
    vi.stubEnv("TMPDIR", PATH);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expect(provideRedis({ PATH, uid: 0 })).rejects.toThrow("could not install it: E: no network");
  });
});

/** A client of the test's own, closed with the test. */
function plainClient(url: string, options: ClientOptions = {}): Redis {
  const client = new Redis(url, { retryStrategy: () => 20, ...options });
  client.on("error", () => {});
  onTestFinished(() => client.disconnect());
  return client;
}

/** Waits until a client has connected anew. */
const ready = (client: Redis): Promise<void> => new Promise((resolve) => client.once("ready", resolve));

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => socket.destroy());
    setTimeout(() => socket.destroy(), 100);
  });

/** A folder that can stand for PATH, with shell scripts by name. */
function folder(scripts: Readonly<Record<string, string>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), "sendonce-path-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, script] of Object.entries(scripts))
    writeFileSync(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

/** Puts one of the machine's programs into a folder that stands for PATH. */
function borrow(program: string, path: string): void {
  const found = ["/usr/bin", "/bin"].map((place) => join(place, program)).find(existsSync);
  symlinkSync(found!, join(path, program));
}
