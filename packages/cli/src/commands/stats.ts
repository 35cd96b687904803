import { headLetters, readRecordHead } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import type { Context } from "../context.js";
import { exitCodes } from "../exit.js";
import { infoOf } from "../info.js";
import { type Batch, type FoundKey, scan } from "../scan.js";
import { serverTimeUs } from "../server-time.js";
import { bytes } from "../spans.js";
import { inDigits, tabular } from "../tabular.js";

const states = ["reserved", "sending", "ambiguous", "done", "foreign"] as const;
type State = (typeof states)[number];

/** What Redis holds of one bot. */
interface BotStats {
  readonly bot: string;
  readonly records: Record<State, number>;
  rules: number;
  caps: number;
  counters: number;
  /** Estimated from a sample of its keys. */
  memoryBytes: number;
}

/** Keys of each bot whose memory is asked for; the rest is taken to be alike. */
const sampled = 50;

/** What Redis holds: bots, records by state, rules, caps, memory. */
export async function stats(context: Context): Promise<number> {
  const { session, screen, bounds, bot } = context;
  const nowUs = await serverTimeUs(session);
  const bots = new Map<string, Tally>();
  for await (const batch of scan(session, screen, { ...bounds, bot })) await count(batch, bots, nowUs);
  const found = [...bots.values()].map((tally) => tally.result()).sort((a, b) => a.bot.localeCompare(b.bot));
  const servers = await Promise.all(session.masters().map(load));
  screen.show({ redis: session.target.name, servers, bots: found }, () => inWords(found, servers));
  return exitCodes.fine;
}

/** Counts one bot's keys and samples their memory. */
class Tally {
  readonly #stats: BotStats;
  #keys = 0;
  #asked = 0;
  #bytes = 0;

  constructor(bot: string) {
    const records = { reserved: 0, sending: 0, ambiguous: 0, done: 0, foreign: 0 };
    this.#stats = { bot, records, rules: 0, caps: 0, counters: 0, memoryBytes: 0 };
  }

  get wantsSample(): boolean {
    return this.#asked < sampled;
  }

  add(kind: FoundKey["kind"], state: State | undefined): void {
    this.#keys++;
    if (kind === "record") this.#stats.records[state ?? "foreign"]++;
    else if (kind === "rule") this.#stats.rules++;
    else if (kind === "slots") this.#stats.caps++;
    else this.#stats.counters++;
  }

  sample(size: number): void {
    this.#asked++;
    this.#bytes += size;
  }

  result(): BotStats {
    const each = this.#asked === 0 ? 0 : this.#bytes / this.#asked;
    return { ...this.#stats, memoryBytes: Math.round(each * this.#keys) };
  }
}

async function count({ node, keys }: Batch, bots: Map<string, Tally>, nowUs: number): Promise<void> {
  const heads = await headsOf(node, keys);
  for (const [at, { bot, kind }] of keys.entries()) {
    const tally = bots.get(bot) ?? new Tally(bot);
    bots.set(bot, tally);
    const head = heads[at];
    if (kind === "record" && head === "") continue;
    tally.add(kind, kind === "record" && head !== undefined ? readRecordHead(head, nowUs)?.state : undefined);
    if (tally.wantsSample) tally.sample(await memoryOf(node, keys[at]!.key));
  }
}

/** Beginnings of values; empty for a key that is gone, undefined for what is no text. */
async function headsOf(node: Redis, keys: readonly FoundKey[]): Promise<(string | undefined)[]> {
  const pipeline = node.pipeline();
  for (const { key } of keys) pipeline.getrange(key, 0, headLetters);
  const answers = (await pipeline.exec()) ?? [];
  return answers.map(([error, head]) => (error ? undefined : String(head)));
}

async function memoryOf(node: Redis, key: string): Promise<number> {
  return Number((await node.memory("USAGE", key).catch(() => 0)) ?? 0);
}

interface Load {
  readonly opsPerSecond: number | undefined;
  readonly clients: number | undefined;
  readonly usedMemoryBytes: number | undefined;
}

async function load(node: Redis): Promise<Load> {
  const info = await infoOf(node, "stats", "clients", "memory");
  const number = (field: string) => (info?.has(field) ? Number(info.get(field)) : undefined);
  return {
    opsPerSecond: number("instantaneous_ops_per_sec"),
    clients: number("connected_clients"),
    usedMemoryBytes: number("used_memory"),
  };
}

function inWords(bots: readonly BotStats[], servers: readonly Load[]): string {
  const rows = bots.map(({ bot, records, rules, caps, counters, memoryBytes }) => [
    bot,
    ...states.map((state) => records[state]),
    rules,
    caps,
    counters,
    bytes(memoryBytes),
  ]);
  const head = ["bot", ...states, "rules", "caps", "counters", "memory"];
  const lines = servers.map(({ opsPerSecond, clients, usedMemoryBytes }) =>
    opsPerSecond === undefined
      ? "server: INFO is not permitted to this user (ACL SETUSER <user> +info)"
      : `server: ${inDigits(opsPerSecond)} commands/s, ${clients} clients, ${bytes(usedMemoryBytes ?? 0)} in use`,
  );
  const table = rows.length === 0 ? "no bot has left anything here" : tabular(head, rows);
  return [table, "", ...lines].join("\n");
}
