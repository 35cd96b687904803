import { TokenBucket } from "./bucket.js";
import type { BucketRule, Limits } from "./numbers.js";
import { TrailingWindow } from "./window.js";

/** What a call asks of the limits. */
export interface Charge {
  bot: number;
  /** The chat as the limits see it: one per bot, chat and business connection. */
  place: string;
  group: boolean;
  /** Messages: 1, or N for an album or a multi-forward. */
  cost: number;
  paid: boolean;
}

/** Which limit refused, and for how many milliseconds. */
export interface Refusal {
  scope: "chat" | "bot";
  waitMs: number;
}

/** Counts messages against the limits. A refused charge consumes nothing. */
export class Meter {
  readonly #limits: Limits;
  readonly #windows = new Map<string, TrailingWindow>();
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts the charge at `now` (ms), or tells every limit that refuses it. */
  admit(charge: Charge, now: number): Refusal[] {
    const rules = [this.#chatRule(charge), this.#botRule(charge)].filter((rule) => rule !== undefined);
    const refusals = rules
      .map(({ scope, waitMs }) => ({ scope, waitMs: waitMs(charge.cost, now) }))
      .filter(({ waitMs }) => waitMs > 0);
    if (refusals.length === 0) for (const rule of rules) rule.take(charge.cost, now);
    return refusals;
  }

  #chatRule({ group, place }: Charge) {
    if (!group) return this.#bucketRule("chat", `chat ${place}`, this.#limits.chat);
    const rule = this.#limits.group;
    if (!rule) return undefined;
    const window = remembered(this.#windows, place, () => new TrailingWindow());
    return {
      scope: "chat" as const,
      waitMs: (cost: number, now: number) => window.waitMs(rule, cost, now),
      take: (cost: number, now: number) => window.take(cost, now),
    };
  }

  #botRule({ bot, paid }: Charge) {
    return paid
      ? this.#bucketRule("bot", `paid ${bot}`, this.#limits.paid)
      : this.#bucketRule("bot", `bot ${bot}`, this.#limits.bot);
  }

  #bucketRule(scope: "chat" | "bot", key: string, rule: BucketRule | false) {
    if (!rule) return undefined;
    const bucket = remembered(this.#buckets, key, () => new TokenBucket());
    return {
      scope,
      waitMs: (cost: number, now: number) => bucket.waitMs(rule, cost, now),
      take: (cost: number, now: number) => bucket.take(rule, cost, now),
    };
  }
}

function remembered<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key);
  if (known) return known;
  const made = make();
  map.set(key, made);
  return made;
}
