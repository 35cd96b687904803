import type { Redis } from "ioredis";
import { type Finding, note, ok, problem } from "./finding.js";

interface Need {
  /** For what the bots, or this tool, need it. */
  readonly purpose: string;
  /** Whether nothing works without it. */
  readonly vital: boolean;
  /** Whether running it in earnest, on the probe's key, does no harm. */
  readonly commands: readonly (readonly string[])[];
}

/** A key that no bot has; gone by itself after a second. */
const key = "sendonce:{probe}:1:r:permissions";
const channel = "sendonce:{probe}:1:events";

const needs: readonly Need[] = [
  {
    purpose: "sending",
    vital: true,
    commands: [
      ["EVAL", "return 1", "1", key],
      ["EVALSHA", "0000000000000000000000000000000000000000", "1", key],
      ["TIME"],
      ["SET", key, "1", "PX", "1000"],
      ["GET", key],
      ["DEL", key],
    ],
  },
  {
    purpose: "the option `caps`",
    vital: false,
    commands: [
      ["ZADD", key, "1", "1"],
      ["ZSCORE", key, "1"],
      ["ZCARD", key],
      ["ZREMRANGEBYSCORE", key, "-inf", "0"],
      ["ZREM", key, "1"],
      ["PEXPIRE", key, "1000"],
    ],
  },
  {
    purpose: "the option `publish`",
    vital: false,
    commands: [
      ["HINCRBY", key, "field", "0"],
      ["EXPIRE", key, "1"],
      ["PUBLISH", channel, "{}"],
    ],
  },
  {
    purpose: "this tool",
    vital: false,
    commands: [
      ["SCAN", "0", "COUNT", "1"],
      ["TYPE", key],
      ["PTTL", key],
      ["EXISTS", key],
      ["PEXPIRE", key, "1000"],
      ["GETRANGE", key, "0", "0"],
      ["HGETALL", key],
      ["MEMORY", "USAGE", key],
      ["OBJECT", "IDLETIME", key],
      ["INFO", "server"],
      ["CONFIG", "GET", "maxmemory"],
      ["PSUBSCRIBE", "sendonce:*"],
    ],
  },
];

/** What a user lacks. */
interface Lack {
  readonly commands: Set<string>;
  keys: boolean;
  channels: boolean;
}

/** Asks the server what the user may not do; where it does not tell, tries. */
export async function permissions(node: Redis, user: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const need of needs) {
    const lack: Lack = { commands: new Set(), keys: false, channels: false };
    for (const command of need.commands) noteLack(lack, command, await refusal(node, user, command));
    findings.push(judged(need, lack, user));
  }
  await node.del(key).catch(() => 0);
  return findings;
}

function judged({ purpose, vital }: Need, { commands, keys, channels }: Lack, user: string): Finding {
  if (commands.size === 0 && !keys && !channels)
    return ok("permissions", `user ${user} may do all that ${purpose} needs`);
  const grants = [...commands, ...(keys ? ["~sendonce:*"] : []), ...(channels ? ["&sendonce:*"] : [])];
  const says = `user ${user} lacks for ${purpose}: ${grants.join(" ")}`;
  const remedy = `ACL SETUSER ${user} ${grants.join(" ")}, then ACL SAVE (or CONFIG REWRITE, if users stand in redis.conf)`;
  return vital ? problem("permissions", says, remedy) : note("permissions", says, remedy);
}

function noteLack(lack: Lack, [name = "", sub = ""]: readonly string[], refused: string | undefined): void {
  if (refused === undefined) return;
  if (/channel/i.test(refused)) lack.channels = true;
  else if (/\bkeys?\b/i.test(refused)) lack.keys = true;
  else lack.commands.add(`+${name}${containers.has(name) ? `|${sub}` : ""}`.toLowerCase());
}

/** Commands whose second word is granted on its own. */
const containers = new Set(["MEMORY", "CONFIG", "OBJECT"]);

/** Why the server would refuse; undefined: it would not. */
async function refusal(node: Redis, user: string, command: readonly string[]): Promise<string | undefined> {
  const [name = "", ...args] = command;
  try {
    const answer = String(await node.call("ACL", "DRYRUN", user, name, ...args));
    return answer === "OK" ? undefined : answer;
  } catch {
    return tried(node, name, args);
  }
}

/** Before Redis 7, or where the user may not ask. Listening would change the connection, so it is not tried. */
async function tried(node: Redis, name: string, args: readonly string[]): Promise<string | undefined> {
  if (name === "PSUBSCRIBE") return undefined;
  try {
    await node.call(name, ...args);
  } catch (error) {
    const { message } = error as Error;
    if (/NOPERM/.test(message)) return message;
  } finally {
    if (name === "PEXPIRE") await node.call("DEL", key).catch(() => 0);
  }
  return undefined;
}
