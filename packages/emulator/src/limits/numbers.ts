/** At most `limit` messages in any `perMs` milliseconds. */
export interface WindowRule {
  limit: number;
  perMs: number;
}

/** A burst of `capacity` messages, then `refillPerSecond`. */
export interface BucketRule {
  capacity: number;
  refillPerSecond: number;
}

/** The server's limits as numbers. They may be changed while the emulator runs; `false` switches a rule off. */
export interface Limits {
  /** Groups and channels: an exact trailing window per chat, which all topics share. */
  group: WindowRule | false;
  /** Private chats, each. */
  chat: BucketRule | false;
  /** All message-creating calls of one bot. */
  bot: BucketRule | false;
  /** Stands in for `bot` when the call has `allow_paid_broadcast`. */
  paid: BucketRule | false;
  /** Whether edits count like new messages. */
  editsCount: boolean;
  /** Waits up to this many ms are absorbed by a slow 200 instead of a 429 (the real server absorbs up to 8 s). */
  absorbMs: number;
}

/** Some of the limits, or `false` for none at all. */
export type LimitsOption = Partial<Limits> | false;

/** What Telegram does to an ordinary bot. */
export function telegramLimits(): Limits {
  return {
    group: { limit: 20, perMs: 60_000 },
    chat: { capacity: 20, refillPerSecond: 1 },
    bot: { capacity: 36, refillPerSecond: 30 },
    paid: { capacity: 1100, refillPerSecond: 1000 },
    editsCount: false,
    absorbMs: 0,
  };
}

/** Writes `change` over `limits`, rule by rule. @throws RangeError on a number that can never let a message through. */
export function changeLimits(limits: Limits, change: LimitsOption): void {
  const next: Partial<Limits> =
    change === false ? { group: false, chat: false, bot: false, paid: false } : change;
  for (const name of ["group", "chat", "bot", "paid"] as const) checkRule(name, next[name]);
  Object.assign(limits, structuredClone(next));
}

function checkRule(name: string, rule: WindowRule | BucketRule | false | undefined): void {
  if (!rule) return;
  const numbers = "perMs" in rule ? [rule.limit, rule.perMs] : [rule.capacity, rule.refillPerSecond];
  const wanted = "perMs" in rule ? "{ limit, perMs }" : "{ capacity, refillPerSecond }";
  if (numbers.some((n) => typeof n !== "number" || !(n > 0)) || numbers[0]! < 1) {
    throw new RangeError(`limits.${name} must be ${wanted} with positive numbers, or false to switch it off`);
  }
}
