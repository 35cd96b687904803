import { headLetters, isRuleValue, leaderOf, readRecordHead } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import type { Context } from "../context.js";
import { exitCodes, Stop } from "../exit.js";
import { type Batch, type FoundKey, scan } from "../scan.js";
import { serverTimeUs } from "../server-time.js";
import { tabular } from "../tabular.js";

/** What may be wrong with a key, and what is done about it. */
const faults = {
  foreign: "holds a value that is not Sendonce's: every call that needs this key fails. Deleted",
  past: "is past its time and was not swept. Deleted",
  forever: "has no expiry. Gets the one that stands in its value, or a week",
} as const;

interface Fault {
  readonly key: string;
  readonly bot: string;
  readonly fault: keyof typeof faults;
  /** Milliseconds until it shall expire. */
  readonly keepMs: number;
  /** What was seen: nothing is done to a key that holds something else by then. */
  readonly value: string | undefined;
  readonly node: Redis;
}

const leaseMs = 30_000;
const weekMs = 604_800_000;

/** Finds keys of ours that nothing will ever remove, and values that are not ours; mends them with --yes. */
export async function sweep(context: Context, { yes = false }: { yes?: boolean }): Promise<number> {
  const { session, screen, bounds, bot } = context;
  const leader = leaderOf(session.client, "sweep", leaseMs);
  if (!(await leader.take()))
    throw new Stop(
      exitCodes.problem,
      "another sweep is running",
      `wait until it is done; one that died lets go after ${leaseMs / 1000} s`,
    );
  try {
    const found = new Map<string, Fault>();
    const nowUs = await serverTimeUs(session);
    for await (const batch of scan(session, screen, { ...bounds, bot })) {
      if (!(await leader.keep()))
        throw new Stop(exitCodes.problem, "this sweep lost its lead", "start it again");
      for (const fault of await faultsIn(batch, nowUs)) found.set(fault.key, fault);
    }
    let mended = 0;
    if (yes) for (const fault of found.values()) mended += await mend(fault);
    return tell(context, [...found.values()], yes, mended);
  } finally {
    await leader.end();
  }
}

function tell({ screen }: Context, found: readonly Fault[], yes: boolean, mended: number): number {
  const data = found.map(({ key, bot, fault }) => ({ key, bot, fault }));
  screen.show({ found: data, mended }, () => {
    if (found.length === 0) return "nothing to sweep: every key of ours expires and holds a value of ours";
    const kinds = (Object.keys(faults) as (keyof typeof faults)[]).filter((kind) =>
      found.some(({ fault }) => fault === kind),
    );
    const legend = kinds.map((kind) => `${kind}: ${faults[kind]}${yes ? "" : " with --yes"}`);
    const table = tabular(
      ["fault", "key"],
      data.slice(0, 100).map(({ key, fault }) => [fault, key]),
    );
    return [table, "", ...legend, ...(yes ? ["", `${mended} mended`] : [])].join("\n");
  });
  return found.length > mended ? exitCodes.problem : exitCodes.fine;
}

async function faultsIn({ node, keys }: Batch, nowUs: number): Promise<Fault[]> {
  const pipeline = node.pipeline();
  for (const { key } of keys) pipeline.pttl(key).type(key);
  const answers = (await pipeline.exec()) ?? [];
  const found: Fault[] = [];
  for (const [at, one] of keys.entries()) {
    const ttl = Number(answers[2 * at]?.[1]);
    const type = String(answers[2 * at + 1]?.[1]);
    if (type === "none" || answers[2 * at]?.[0]) continue;
    const value = type === "string" ? await node.getrange(one.key, 0, headLetters) : undefined;
    // It may have expired in between.
    if (value === "" && (await node.exists(one.key)) === 0) continue;
    const judged = judge(one, { type, ttl, value, nowUs });
    if (judged) found.push({ key: one.key, bot: one.bot, node, value, ...judged });
  }
  return found;
}

interface Seen {
  readonly type: string;
  readonly ttl: number;
  readonly value: string | undefined;
  readonly nowUs: number;
}

const types = { record: "string", rule: "string", slots: "zset", counts: "hash" } as const;

/** Pure: what is wrong with a key, if anything. */
export function judge(
  { kind, id }: Pick<FoundKey, "kind" | "id">,
  { type, ttl, value, nowUs }: Seen,
): Pick<Fault, "fault" | "keepMs"> | undefined {
  const expected = kind === "counts" && id === "rules" ? "string" : types[kind];
  if (type !== expected) return { fault: "foreign", keepMs: 0 };
  const head = kind === "record" ? readRecordHead(value ?? "", nowUs) : undefined;
  if ((kind === "record" && !head) || (kind === "rule" && !isRuleValue(value ?? "")))
    return { fault: "foreign", keepMs: 0 };
  if (ttl >= 0) return undefined;
  const keepMs = head ? Math.ceil((head.expiresUs - nowUs) / 1000) : weekMs;
  return keepMs > 0 ? { fault: "forever", keepMs } : { fault: "past", keepMs: 0 };
}

/** Does nothing to a key that holds something else by now, or that expires by now. */
const mending = `
local seen = redis.call('TYPE', KEYS[1]).ok
if seen == 'none' or (seen == 'string') ~= (ARGV[1] == 's') then return 0 end
if seen == 'string' and redis.call('GETRANGE', KEYS[1], 0, tonumber(ARGV[3])) ~= ARGV[2] then return 0 end
if ARGV[4] == '0' then return redis.call('DEL', KEYS[1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[4])`;

async function mend({ node, key, value, keepMs }: Fault): Promise<number> {
  const seen = value === undefined ? ["o", ""] : ["s", value];
  return Number(await node.eval(mending, 1, key, ...seen, headLetters, keepMs));
}
