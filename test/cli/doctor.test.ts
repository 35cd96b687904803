import { redisStore } from "@sendonce/core/redis";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { read } from "../house/repository.js";
import { sharedCluster } from "../kit/redis/cluster.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { oldRedis } from "./old-redis.js";
import { record } from "./prepared.js";
import { everythingSaid, sendonce } from "./sendonce.js";

const canary = "canary-password-7f3a";

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly says: string;
  readonly remedy?: string;
  readonly node?: string;
}

/** What the doctor finds at a URL. */
async function doctor(url: string, ...more: string[]) {
  const { code, out, err } = await sendonce(url, "doctor", "--json", ...more);
  const { findings = [], problems = 0 } =
    out === "" ? {} : (JSON.parse(out) as { findings: Finding[]; problems: number });
  const found = (check: string, verdict = "problem") =>
    findings.find((one) => one.check === check && one.verdict === verdict);
  return { code, err, findings, problems, found };
}

const acl = (...rights: string[]) => [`user bot on >${canary} ${rights.join(" ")}`];
const needed = ["~sendonce:*", "+eval", "+evalsha", "+get", "+set", "+del", "+time", "+ping", "+acl|whoami"];

describe("doctor", () => {
  let sound: RedisServer;

  beforeAll(async () => {
    sound = await startRedis({
      persistence: true,
      password: canary,
      acl: [...acl(...needed), `user limited on >${canary} ~sendonce:* &* +@all -set -info -acl|dryrun`],
    });
  });

  test("finds nothing in a sound server, and says so in words", async () => {
    const { code, out, err } = await sendonce(sound.url, "doctor");
    expect(out).toMatch(/no problems$/m);
    expect(out).toMatch(/^ok +persistence +append-only file, appendfsync always$/m);
    expect(out).toMatch(/^ok +scripts +claimed in/m);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  test("names eviction, missing persistence and full memory, each with the setting that mends it", async () => {
    const config = { maxmemory: "3mb", "maxmemory-policy": "allkeys-lru" };
    const server = await startRedis({ config });
    const { code, found } = await doctor(server.url);
    expect(found("eviction")?.says).toContain("allkeys-lru");
    expect(found("eviction")?.remedy).toContain("CONFIG SET maxmemory-policy noeviction");
    expect(found("persistence")?.says).toContain("no append-only file and no snapshots");
    expect(found("persistence")?.remedy).toContain("CONFIG SET appendonly yes");
    expect(code).toBe(1);
    // The remedies are commands: carried out, they mend it.
    const client = server.client();
    await client.config("SET", "maxmemory-policy", "noeviction");
    await client.config("SET", "appendonly", "yes");
    await client.config("SET", "maxmemory", "100mb");
    expect((await doctor(server.url)).problems).toBe(0);
  });

  test("names a version that is too old", async () => {
    const plain = await startRedis();
    const old = await oldRedis(plain);
    onTestFinished(() => old.close());
    const { code, found } = await doctor(old.url);
    expect(found("version")).toMatchObject({
      says: expect.stringContaining("Redis 6.0."),
      remedy: expect.stringContaining("6.2 or newer"),
    });
    expect(code).toBe(1);
  });

  test("names a permission that is missing, by asking and, where that is not allowed, by trying", async () => {
    const [asked, tried] = await Promise.all([
      doctor(sound.urlFor("bot", canary)),
      doctor(sound.urlFor("limited", canary)),
    ]);
    const limited = tried.found("permissions");
    expect(limited?.says).toBe("user limited lacks for sending: +set");
    expect(limited?.remedy).toMatch(/^ACL SETUSER limited \+set, then ACL SAVE/);
    expect(tried.code).toBe(1);
    const notes = asked.findings.filter(
      ({ check, verdict }) => check === "permissions" && verdict === "note",
    );
    expect(notes.map(({ remedy }) => remedy)).toEqual([
      expect.stringContaining("+zadd +zscore +zcard +zremrangebyscore +zrem +pexpire"),
      expect.stringMatching(/\+hincrby \+expire \+publish/),
      expect.stringContaining("+scan +type +pttl"),
    ]);
    // INFO is not permitted: it says so and goes on.
    expect(asked.found("version", "unknown")?.says).toContain("INFO is not permitted");
    expect(asked.found("scripts", "ok")).toBeDefined();
    expect(asked.code).toBe(0);
  });

  test("names TLS where plain text was meant, and plain text where TLS was meant", async () => {
    const server = await startRedis({ tls: true, persistence: true });
    const ca = ["--tls-ca", server.tls!.files.ca];
    const [plain, tls, stranger, right] = await Promise.all([
      doctor(server.url.replace("rediss:", "redis:")),
      doctor(sound.url.replace("redis:", "rediss:")),
      doctor(server.url),
      doctor(server.url, ...ca),
    ]);
    expect(plain).toMatchObject({
      code: 3,
      err: expect.stringMatching(/speaks TLS on this port[\s\S]*→ write rediss:/),
    });
    expect(tls).toMatchObject({
      code: 3,
      err: expect.stringMatching(/speaks plain text[\s\S]*→ write redis:\/\//),
    });
    expect(stranger).toMatchObject({
      code: 3,
      err: expect.stringMatching(/authority that is not known here[\s\S]*--tls-ca/),
    });
    expect(right).toMatchObject({ code: 0, problems: 0, err: "" });
  });

  test("names a read-only replica and its master, and a master that a failover may rob", async () => {
    const master = await startRedis({ persistence: true });
    const replica = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
    await expect.poll(() => master.client().info("replication")).toContain("connected_slaves:1");
    const [ofReplica, ofMaster] = await Promise.all([doctor(replica.url), doctor(master.url)]);
    expect(ofReplica.found("role")?.says).toContain(`read-only replica of 127.0.0.1:${master.port}`);
    expect(ofReplica.found("role")?.remedy).toContain("connect to the master");
    expect(ofReplica.found("scripts")?.says).toContain("read-only replica");
    expect(ofMaster.found("role", "note")?.remedy).toContain("CONFIG SET min-replicas-to-write 1");
    expect([ofReplica.code, ofMaster.code]).toEqual([1, 0]);
  });

  test("names a wrong password, and a port where nobody listens", async () => {
    const wrong = sound.url.replace(canary, `${canary}-wrong`);
    const [login, nobody, none, word] = await Promise.all([
      doctor(wrong),
      doctor("redis://127.0.0.1:1"),
      sendonce(undefined, "doctor"),
      sendonce(undefined, `redis://bot:${canary}@127.0.0.1:1`),
    ]);
    expect(login).toMatchObject({
      code: 3,
      err: expect.stringMatching(/refused the login of user default[\s\S]*→ correct user/),
    });
    expect(nobody).toMatchObject({
      code: 3,
      err: expect.stringMatching(/nothing listens at 127\.0\.0\.1:1[\s\S]*→ start Redis/),
    });
    expect(none).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no Redis is named[\s\S]*→ set REDIS_URL/),
    });
    expect(word).toMatchObject({ code: 2, err: expect.stringContaining("//***@127.0.0.1:1") });
  });

  test("runs, like all that reads, as the user that the page of the tool names", async () => {
    const named = /^user operator on >secret [\s\S]*?(?=\n```)/m
      .exec(read("docs/cli.md"))?.[0]
      .replace(/\s+/g, " ");
    const server = await startRedis({ persistence: true, acl: [named!.replace("secret", canary)] });
    const url = server.urlFor("operator", canary);
    const { found, code } = await doctor(url);
    expect(found("permissions", "note")?.says ?? "").not.toContain("this tool");
    expect({ code, unknown: found("version", "unknown") }).toEqual({ code: 0, unknown: undefined });
    const store = redisStore(server.url);
    onTestFinished(() => store.close());
    await record(store, { bot: "4242", chat: "7", key: "x", as: "done" });
    const lines = [
      "stats",
      "inspect --given x --chat 7",
      "buckets --limits official",
      "duplicates",
      "sweep",
      "tail --for 0.2",
      "top --once --for 0.2",
    ];
    const ran = await Promise.all(lines.map((line) => sendonce(url, ...line.split(" "))));
    expect(ran.filter(({ code }) => code !== 0)).toEqual([]);
    expect((await sendonce(url, "reset", "--all", "--yes")).out).toContain("forgot 1 of 1 keys");
  });

  test("looks at every master of a Cluster", async () => {
    const cluster = await sharedCluster();
    const { findings, found } = await doctor(cluster.urls[1]!);
    expect(found("cluster", "ok")?.says).toContain("all 16384 slots");
    expect(new Set(findings.map(({ node }) => node).filter(Boolean)).size).toBe(3);
    expect(found("scripts", "ok")).toBeDefined();
  });

  test("prints no password, whatever happened", () => {
    expect(everythingSaid.length).toBeGreaterThan(20);
    expect(everythingSaid.join("\n")).not.toContain(canary);
  });
});
