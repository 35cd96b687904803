import { ConfigurationError } from "../errors.js";
import { describe } from "../validate.js";
import { type Rule, tokenBucket, window } from "./rules.js";

/** Options of one Bottleneck limiter, as throttlers take them. `null` is the same as left out. */
export interface BottleneckOptions {
  /** Least time between two starts, ms. */
  readonly minTime?: number | null;
  /** Jobs until the next refill. */
  readonly reservoir?: number | null;
  readonly reservoirRefreshAmount?: number | null;
  /** Ms. */
  readonly reservoirRefreshInterval?: number | null;
  readonly reservoirIncreaseAmount?: number | null;
  /** Ms. */
  readonly reservoirIncreaseInterval?: number | null;
  readonly reservoirIncreaseMaximum?: number | null;
  readonly maxConcurrent?: number | null;
  /** Anything else that Bottleneck takes: reported as dropped. */
  readonly [option: string]: unknown;
}

const reasons = {
  minTime:
    "the reservoir is the tighter rule and stands alone; a burst may use it up at once, as Telegram allows",
  maxConcurrent: "requests in flight are not counted; await a send if the next one must come after it",
  queue: "no queue sheds load; a send that would wait longer than `maxWaitMs` is refused with a 429",
  store: "give Sendonce a store of its own: REDIS_URL, or store: redisStore(url)",
  reservoir: "the first interval gets as much as every other",
  increase: "the reservoir that is refilled stands alone",
  unknown: "it has no counterpart",
} as const;

const dropped: Readonly<Record<string, keyof typeof reasons>> = {
  maxConcurrent: "maxConcurrent",
  highWater: "queue",
  strategy: "queue",
  penalty: "queue",
  rejectOnDrop: "queue",
  datastore: "store",
  clientOptions: "store",
  clusterNodes: "store",
  clearDatastore: "store",
  connection: "store",
  Redis: "store",
};

const understood = new Set([
  "minTime",
  "reservoir",
  "reservoirRefreshAmount",
  "reservoirRefreshInterval",
  "reservoirIncreaseAmount",
  "reservoirIncreaseInterval",
  "reservoirIncreaseMaximum",
]);

/** Told each option that was given and has no counterpart, and why. */
export type Drop = (option: string, reason: string) => void;

/**
 * One Bottleneck as one rule; `false` for one that limits nothing over time.
 * @throws ConfigurationError for numbers that would stop a bot for ever
 */
export function ruleFromBottleneck(part: string, options: BottleneckOptions, drop: Drop): Rule | false {
  const at = (name: string) => `limitsFromThrottler: \`${part}.${name}\``;
  if (typeof options !== "object" || options === null) {
    throw new ConfigurationError(
      `limitsFromThrottler: \`${part}\` must be an object of Bottleneck options; got ${describe(options)}`,
    );
  }
  checkNumbers(options, at);
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === undefined || understood.has(name)) continue;
    drop(name, reasons[dropped[name] ?? "unknown"]);
  }
  const reservoir = reservoirOf(options, at, drop);
  const gapMs = options.minTime ?? 0;
  if (gapMs === 0) return reservoir ?? false;
  if (reservoir === undefined || impliedByGap(reservoir, gapMs)) return spaced(gapMs);
  drop("minTime", reasons.minTime);
  return reservoir;
}

/** Never two within `gapMs`. */
const spaced = (gapMs: number): Rule => tokenBucket({ capacity: 1, refillPerSecond: 1_000 / gapMs });

/** Does keeping the gap keep the reservoir too? */
function impliedByGap(reservoir: Rule, gapMs: number): boolean {
  return reservoir.kind === "window"
    ? Math.ceil(reservoir.perMs / gapMs) <= reservoir.limit
    : 1_000 / gapMs <= reservoir.refillPerSecond;
}

type At = (name: string) => string;

function reservoirOf(options: BottleneckOptions, at: At, drop: Drop): Rule | undefined {
  const { reservoir, reservoirIncreaseMaximum: maximum } = options;
  const refill = pairOf(options, "Refresh", at);
  const increase = pairOf(options, "Increase", at);
  if (refill) {
    if (increase) drop("reservoirIncreaseAmount", reasons.increase);
    if (reservoir != null && reservoir !== refill.amount) drop("reservoir", reasons.reservoir);
    return window({ limit: refill.amount, perMs: refill.everyMs });
  }
  if (increase) {
    const capacity = maximum ?? Math.max(1, reservoir ?? 0, increase.amount);
    return tokenBucket({ capacity, refillPerSecond: (increase.amount * 1_000) / increase.everyMs });
  }
  if (reservoir == null) return undefined;
  throw new ConfigurationError(
    `${at("reservoir")} is never refilled, so the bot would fall silent after ${reservoir} messages: add reservoirRefreshAmount and reservoirRefreshInterval, or leave it out`,
  );
}

interface Refill {
  readonly amount: number;
  readonly everyMs: number;
}

/** Both numbers or none: Bottleneck ignores one without the other, which nobody can have meant. */
function pairOf(options: BottleneckOptions, kind: "Refresh" | "Increase", at: At): Refill | undefined {
  const amount = options[`reservoir${kind}Amount`];
  const everyMs = options[`reservoir${kind}Interval`];
  if (amount == null && everyMs == null) return undefined;
  if (amount != null && everyMs != null) return { amount, everyMs };
  const missing = `reservoir${kind}${amount == null ? "Amount" : "Interval"}`;
  throw new ConfigurationError(`${at(missing)} is missing: it does nothing without its other half`);
}

/** Whole numbers of messages from the least that lets a bot speak at all; times in ms. */
const numbers: Readonly<Record<string, { least: number; whole: boolean; most: number }>> = {
  minTime: { least: 0, whole: false, most: 31_622_400_000 },
  maxConcurrent: { least: 1, whole: true, most: 1_000_000 },
  reservoir: { least: 0, whole: true, most: 1_000_000 },
  reservoirRefreshAmount: { least: 1, whole: true, most: 1_000_000 },
  reservoirRefreshInterval: { least: 1, whole: false, most: 31_622_400_000 },
  reservoirIncreaseAmount: { least: 1, whole: true, most: 1_000_000 },
  reservoirIncreaseInterval: { least: 1, whole: false, most: 31_622_400_000 },
  reservoirIncreaseMaximum: { least: 1, whole: true, most: 1_000_000 },
};

function checkNumbers(options: BottleneckOptions, at: At): void {
  for (const [name, { least, whole, most }] of Object.entries(numbers)) {
    const value = options[name];
    if (value === null || value === undefined) continue;
    const isIn = typeof value === "number" && value >= least && value <= most;
    if (isIn && (!whole || Number.isInteger(value))) continue;
    throw new ConfigurationError(
      `${at(name)} must be a ${whole ? "whole number" : "number of ms"}, ${least} or more; got ${describe(value)}`,
    );
  }
}
