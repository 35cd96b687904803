import { bytes, span } from "../spans.js";
import type { Facts } from "./facts.js";
import { type Finding, note, ok, problem, unknown } from "./finding.js";

type Judge = (facts: Facts) => Finding;

const field = ({ info }: Facts, name: string): string | undefined => info?.get(name);
const setting = ({ config }: Facts, name: string): string | undefined => config?.get(name);

/** Oldest that runs the scripts. */
const leastVersion = [6, 2] as const;

const version: Judge = (facts) => {
  const told = field(facts, "redis_version");
  if (told === undefined) return unknown("version", facts.user, "+info");
  const valkey = field(facts, "valkey_version");
  const name = valkey === undefined ? `Redis ${told}` : `Valkey ${valkey}`;
  const [major = 0, minor = 0] = told.split(".").map(Number);
  const isOld = major < leastVersion[0] || (major === leastVersion[0] && minor < leastVersion[1]);
  if (!isOld) return ok("version", name);
  return problem(
    "version",
    `${name} is too old`,
    `install Redis ${leastVersion.join(".")} or newer, or any Valkey`,
  );
};

const eviction: Judge = (facts) => {
  const policy = setting(facts, "maxmemory-policy") ?? field(facts, "maxmemory_policy");
  if (policy === undefined) return unknown("eviction", facts.user, "+config|get");
  if (policy === "noeviction") return ok("eviction", "maxmemory-policy is noeviction");
  const remedy =
    "CONFIG SET maxmemory-policy noeviction, then CONFIG REWRITE; or give Sendonce a Redis beside your cache";
  const limit = Number(setting(facts, "maxmemory") ?? field(facts, "maxmemory") ?? 0);
  if (limit === 0)
    return note(
      "eviction",
      `maxmemory-policy is ${policy}; harmless only while there is no maxmemory`,
      remedy,
    );
  return problem(
    "eviction",
    `maxmemory-policy is ${policy}: a full Redis throws away the memory of what was sent, and messages go out twice`,
    remedy,
  );
};

const memory: Judge = (facts) => {
  const used = field(facts, "used_memory");
  if (used === undefined) return unknown("memory", facts.user, "+info");
  const limit = Number(field(facts, "maxmemory") ?? setting(facts, "maxmemory") ?? 0);
  const inUse = `${bytes(Number(used))} in use`;
  if (limit === 0) return ok("memory", `${inUse}, no maxmemory`);
  const share = Math.round((Number(used) / limit) * 100);
  const says = `${inUse}, ${share} % of maxmemory (${bytes(limit)})`;
  const remedy = `CONFIG SET maxmemory ${limit * 2}, or a shorter idempotency.ttlMs; sendonce stats shows what takes it`;
  if (share >= 90) return problem("memory", `${says}: at 100 % Redis takes no more writes`, remedy);
  return share >= 75 ? note("memory", says, remedy) : ok("memory", says);
};

const persistence: Judge = (facts) => {
  const appendOnly = field(facts, "aof_enabled");
  if (appendOnly === undefined) return unknown("persistence", facts.user, "+info");
  const fsync = setting(facts, "appendfsync");
  if (appendOnly === "1") {
    if (fsync !== "no") return ok("persistence", `append-only file, appendfsync ${fsync ?? "not told"}`);
    return note(
      "persistence",
      "append-only file, appendfsync no: a crash of the machine may lose half a minute",
      "CONFIG SET appendfsync everysec, then CONFIG REWRITE",
    );
  }
  const remedy = "CONFIG SET appendonly yes, then CONFIG SET appendfsync everysec and CONFIG REWRITE";
  const snapshots = setting(facts, "save");
  if (snapshots === "")
    return problem(
      "persistence",
      "no append-only file and no snapshots: a restart forgets what was sent, and messages go out twice",
      remedy,
    );
  if (snapshots === undefined) return unknown("persistence", facts.user, "+config|get");
  return note(
    "persistence",
    `snapshots alone (save ${snapshots}): a crash forgets what was sent since the last one`,
    remedy,
  );
};

const role: Judge = (facts) => {
  const told = field(facts, "role");
  if (told === undefined) return unknown("role", facts.user, "+info");
  if (told !== "master") {
    const master = `${field(facts, "master_host")}:${field(facts, "master_port")}`;
    return problem(
      "role",
      `this is a ${setting(facts, "replica-read-only") === "no" ? "" : "read-only "}replica of ${master}: nothing can be claimed here`,
      `connect to the master, ${master}; behind Sentinel give redisStore() a client with \`sentinels\` and \`name\``,
    );
  }
  const replicas = Number(field(facts, "connected_slaves") ?? 0);
  if (replicas === 0) return ok("role", "master, no replicas");
  if (Number(setting(facts, "min-replicas-to-write") ?? 1) > 0) return ok("role", `master of ${replicas}`);
  return note(
    "role",
    `master of ${replicas}, min-replicas-to-write 0: a master that was cut off goes on taking claims that a failover forgets`,
    "CONFIG SET min-replicas-to-write 1, then CONFIG SET min-replicas-max-lag 10 and CONFIG REWRITE",
  );
};

/** Beyond this, times in logs of bots and of Redis do not fit together. */
const mostOffsetMs = 1_000;

const clock: Judge = (facts) => {
  const { clockOffsetMs: offset } = facts;
  if (offset === undefined) return unknown("clock", facts.user, "+time");
  if (Math.abs(offset) < mostOffsetMs)
    return ok("clock", `Redis and this machine agree within ${Math.ceil(Math.abs(offset))} ms`);
  const says = `Redis is ${span(Math.abs(offset))} ${offset < 0 ? "behind" : "ahead of"} this machine`;
  return note(
    "clock",
    `${says}; leases and limits go by the clock of Redis alone, so nothing breaks, but times in logs differ`,
    "keep the clocks of both machines with NTP (timedatectl set-ntp true)",
  );
};

const noticeableMs = 20;
/** Half of a store's commandTimeoutMs, beyond which calls go without it. */
const alarmingMs = 250;

const latency: Judge = ({ latenciesMs }) => {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const longest = sorted.at(-1) ?? 0;
  const says = `${median.toFixed(1)} ms for a round trip, the longest of ${sorted.length} ${longest.toFixed(1)} ms`;
  const remedy = "run bots and Redis in one place; SLOWLOG GET and LATENCY DOCTOR show what blocks Redis";
  if (median >= alarmingMs)
    return problem(
      "latency",
      `${says}: commands of 500 ms count as lost`,
      `${remedy}; until then redisStore(url, { commandTimeoutMs: 2_000 })`,
    );
  return median >= noticeableMs
    ? note("latency", `${says}: each message takes two of them`, remedy)
    : ok("latency", says);
};

/** What a server says about itself, judged. */
export const judgements: readonly Judge[] = [version, eviction, memory, persistence, role, clock, latency];
