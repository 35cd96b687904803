import type { Guard } from "../guard.js";
import { waitUntil } from "../limiter/wait.js";
import type { GuardHealth } from "../observe/health.js";
import type { RuleCharge, RuleParams } from "../store/port.js";
import type { Reading } from "./recorder.js";

/** Longest that a store may take to answer for a gauge, in ms: a scrape is given up after some seconds. */
const patienceMs = 2_000;
/** Reads any rate, however far it may have risen: a charge that is only read pays nothing. */
const anyCeiling = 10_000_000;
/** Rules that are the whole bot's: one series each, however many chats there are. */
const botWide = ["bulk", "global", "paid"] as const;
const modes = ["shared", "local", "allow-all", "reject", "embedded"] as const;

/** What to read besides the guard itself. */
export interface ReadingsOptions {
  /** Ask the store for the bot-wide rules of these bots: one command each. */
  readonly bots: readonly string[];
}

/**
 * What gauges show of a guard, now. Never rejects and never takes longer than two seconds: what the store does not tell
 * in time is left out, and `storeUp` is 0.
 */
export async function readings(guard: Guard, { bots }: ReadingsOptions): Promise<readonly Reading[]> {
  const [health, ...rules] = await Promise.all([
    inTime(guard, guard.health()),
    ...bots.map((bot) => inTime(guard, rulesOf(guard, bot))),
  ]);
  return [...healthOf(health), ...rules.flatMap((read) => read ?? [])];
}

async function inTime<T>(guard: Guard, asked: Promise<T>): Promise<T | undefined> {
  let answer: T | undefined;
  const answered = asked.then((value) => {
    answer = value;
  });
  await waitUntil(
    guard.clock,
    answered.catch(() => {}),
    patienceMs,
    undefined,
  );
  return answer;
}

function healthOf(health: GuardHealth | undefined): Reading[] {
  const up = health?.store.reachable && (health.mode === "shared" || health.mode === "embedded");
  const told: Reading[] = [{ name: "storeUp", labels: {}, value: up ? 1 : 0 }];
  if (health === undefined) return told;
  const { mode: current, owed, calls } = health;
  return [
    ...told,
    ...modes.map(
      (mode) => ({ name: "storeMode", labels: { mode }, value: Number(mode === current) }) as const,
    ),
    { name: "owed", labels: {}, value: owed },
    { name: "callsOpen", labels: {}, value: calls.open },
    { name: "callsWaiting", labels: {}, value: calls.waiting },
  ];
}

async function rulesOf(guard: Guard, bot: string): Promise<Reading[]> {
  const rules = botWide.flatMap((name) => {
    const params = guard.rules[name];
    return params ? [charge(name, params)] : [];
  });
  if (rules.length === 0) return [];
  const stats = await guard.store.stats({ bot, rules });
  return stats.flatMap(({ name: rule, remaining, rate }, at) => {
    const labels = { bot, rule };
    const capacity = capacityOf(rules[at]!.params);
    return [
      { name: "tokensInUse", labels, value: capacity - remaining },
      { name: "capacity", labels, value: capacity },
      { name: "rate", labels, value: rate },
    ] as const;
  });
}

const charge = (name: string, params: RuleParams): RuleCharge => ({
  name,
  key: name,
  params,
  cost: 1,
  mode: "wait",
  ceiling: anyCeiling,
});

function capacityOf(params: RuleParams): number {
  if (params.kind === "gate") return 0;
  return params.kind === "bucket" ? params.capacity : params.limit;
}
