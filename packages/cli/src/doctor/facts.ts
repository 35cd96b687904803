import type { Redis } from "ioredis";
import { elapsed, now } from "../clock.js";
import { type Info, infoOf, orNotAllowed } from "../info.js";

/** What one server says about itself; undefined where the user may not ask. */
export interface Facts {
  readonly user: string;
  readonly info: Info | undefined;
  readonly config: ReadonlyMap<string, string> | undefined;
  readonly latenciesMs: readonly number[];
  /** The server's clock against ours, half a round trip taken off. */
  readonly clockOffsetMs: number | undefined;
}

const settings = [
  "maxmemory-policy",
  "maxmemory",
  "appendfsync",
  "save",
  "min-replicas-to-write",
  "replica-read-only",
];

/** Round trips that are measured. */
const rounds = 20;

/** Asks a server. @param given the user as the URL names it */
export async function factsOf(node: Redis, given: string): Promise<Facts> {
  const user = String((await node.call("ACL", "WHOAMI").catch(() => undefined)) ?? given);
  const info = await infoOf(node, "server", "memory", "persistence", "replication");
  const config = await configOf(node);
  const latenciesMs: number[] = [];
  let clockOffsetMs: number | undefined;
  for (let round = 0; round < rounds; round++) {
    const from = elapsed();
    const time = await node.time().catch(orNotAllowed);
    const tookMs = elapsed() - from;
    latenciesMs.push(tookMs);
    if (time === undefined) continue;
    const server = Number(time[0]) * 1000 + Number(time[1]) / 1000;
    clockOffsetMs = server + tookMs / 2 - now();
  }
  return { user, info, config, latenciesMs, clockOffsetMs };
}

async function configOf(node: Redis): Promise<ReadonlyMap<string, string> | undefined> {
  const found = new Map<string, string>();
  for (const name of settings) {
    // Servers for hire often have no CONFIG at all.
    const answer = await node.config("GET", name).catch(() => undefined);
    if (answer === undefined) return undefined;
    const [, value] = pairOf(answer);
    if (value !== undefined) found.set(name, value);
  }
  return found;
}

/** The reply is a list, or an object, depending on the protocol. */
const pairOf = (answer: unknown): readonly (string | undefined)[] =>
  Array.isArray(answer) ? answer.map(String) : (Object.entries(answer as Record<string, string>)[0] ?? []);
