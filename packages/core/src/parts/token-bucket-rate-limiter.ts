import type { AbortSignalLike } from "../call.js";
import { type Clock, sleepMs, toMicros, toMillis } from "../clock.js";
import { ownerToken } from "../job.js";
import { Lines } from "../limiter/line.js";
import { isRule, type Rule } from "../limiter/rules.js";
import { type GuardOptions, type Settings, timing } from "../options.js";
import type { Admission, RuleCharge, RuleStats, Settlement, Store } from "../store/port.js";
import { check, knownNames, nonNegative, positiveWhole } from "../validate.js";
import {
  type AcquireWithDelayOptions,
  type Acquisition,
  type BucketStats,
  type DelayedAcquisition,
  sizeOf,
  type WhoseLimit,
} from "./acquisition.js";
import { type LimitedId, limitOf, type RateLimitType } from "./limit-of.js";
import { type PartOptions, resolvePart } from "./part-settings.js";

/** Options of {@link TokenBucketRateLimiter}. */
export interface TokenBucketRateLimiterOptions extends PartOptions {
  /**
   * What the types mean, as for a guard. A type whose rule is off has the numbers of the system that these
   * names come from: 20 and 20 per minute for a chat, 30 and 30 per second for the bot, 1 per minute for a user.
   * @default "conservative"
   */
  limits?: NonNullable<GuardOptions["limits"]>;
  /** Whether the types' rates shrink after floods and recover, as for a guard. @default as for a guard */
  flood?: NonNullable<GuardOptions["flood"]>;
  /** Longest wait of `acquireWithDelay`, in ms. @default 120_000 */
  maxWaitMs?: number;
}

/** A charge on its way, under a record of its own. */
interface Ticket {
  readonly charge: RuleCharge;
  readonly bot: string;
  readonly owner: string;
}

/**
 * Limits for anything: calls of third-party APIs, expensive commands, a user's requests. Works alone or as
 * `guard.limiter`, on the guard's store, in one atomic step per question, for all processes on one store.
 *
 * A type (`CHAT`, `GLOBAL`, `USER`) is the guard's own rule of that chat, bot or user, where both are in one
 * namespace: what is taken here, the bot's messages find missing, and the other way round. A rule made by
 * `tokenBucket()` or `window()` stands alone.
 *
 * Not for bot messages: the adapters pay for those by themselves.
 *
 * @example
 * const limiter = new TokenBucketRateLimiter();
 * const { acquired, retryAfterMs } = await limiter.acquire("weather-api", tokenBucket({ capacity: 5, refillPerSecond: 1 }));
 * if (!acquired) console.log(`come again in ${retryAfterMs} ms`);
 */
export class TokenBucketRateLimiter {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #maxWaitMs: number;
  readonly #lines: Lines;
  readonly #scope: {
    readonly rules: Settings["rules"];
    readonly namespace: string;
    readonly rateCeiling: number;
  };

  /** @throws ConfigurationError naming the option and the remedy */
  constructor(options: TokenBucketRateLimiterOptions = {}) {
    knownNames("TokenBucketRateLimiter", options, [
      "store",
      "namespace",
      "clock",
      "limits",
      "flood",
      "maxWaitMs",
    ]);
    const { store, namespace, clock, maxWaitMs, rules, rateCeiling } = resolvePart(options);
    this.#store = store;
    this.#clock = clock;
    this.#maxWaitMs = maxWaitMs.outside;
    this.#lines = new Lines(clock);
    this.#scope = { rules, namespace, rateCeiling };
  }

  /**
   * Takes `tokens` if they are there. Never waits; what it refuses costs nothing.
   *
   * @param id whose limit: a chat, a user, an API … For `GLOBAL`, `"global"` is the guard's own bucket of the bot
   * @param tokens whole tokens; more than a full bucket holds are taken as a full bucket
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * const limiter = new TokenBucketRateLimiter();
   * const { acquired } = await limiter.acquire(42, "USER");
   */
  async acquire(id: LimitedId, typeOrRule: RateLimitType | Rule, tokens = 1): Promise<Acquisition> {
    const ticket = this.#ticket(id, typeOrRule, tokens);
    return this.#answer(ticket, await this.#admit(ticket, 0));
  }

  /**
   * Takes `tokens`, and waits for them if it must: a turn is reserved once, first come first served, also
   * among processes; asleep until then, nobody polls. It gives up only when the turn is known to be further
   * away than `maxWaitMs`, and then at once.
   *
   * @param tokens whole tokens; more than a full bucket holds wait for, and take, a full bucket
   * @returns `acquired: false` when the turn was too far away or the signal aborted; neither costs a token
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * const limiter = new TokenBucketRateLimiter();
   * const { acquired, waitedMs } = await limiter.acquireWithDelay(42, "CHAT", 1, { maxWaitMs: 5_000 });
   */
  async acquireWithDelay(
    id: LimitedId,
    typeOrRule: RateLimitType | Rule,
    tokens = 1,
    options: AcquireWithDelayOptions = {},
  ): Promise<DelayedAcquisition> {
    knownNames("acquireWithDelay", options, ["maxWaitMs", "signal"]);
    check(options.maxWaitMs, (value) =>
      nonNegative("acquireWithDelay({ maxWaitMs })", value, "milliseconds"),
    );
    const ticket = this.#ticket(id, typeOrRule, tokens);
    const { maxWaitMs = this.#maxWaitMs, signal } = options;
    const startedAt = this.#clock.now();
    const acquisition = await this.#waitFor(ticket, startedAt + maxWaitMs, signal);
    return { ...acquisition, waitedMs: Math.round(this.#clock.now() - startedAt) };
  }

  /**
   * Whole tokens (or places) that could be taken now; 0 when it is overdrawn or frozen. Reads only.
   *
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * const left = await new TokenBucketRateLimiter().checkRemaining(42, "CHAT");
   */
  async checkRemaining(
    id: LimitedId,
    typeOrRule: RateLimitType | Rule,
    whose: WhoseLimit = {},
  ): Promise<number> {
    return leftOf(await this.#stats(this.#ticket(id, typeOrRule, 1, whose)));
  }

  /**
   * How a limit stands. Reads only. `guard.limiter.getBucketStats(chat, "CHAT", { bot })` is the rule that this bot's
   * messages to that chat pay, `(bot, "GLOBAL", { bot })` that of the whole bot.
   *
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * const { remaining, resetAfterMs } = await new TokenBucketRateLimiter().getBucketStats(42, "CHAT");
   */
  async getBucketStats(
    id: LimitedId,
    typeOrRule: RateLimitType | Rule,
    whose: WhoseLimit = {},
  ): Promise<BucketStats> {
    const ticket = this.#ticket(id, typeOrRule, 1, whose);
    const { remaining, waitUs, resetUs, frozenUs, rate } = await this.#stats(ticket);
    return {
      ...sizeOf(ticket.charge.params),
      remaining,
      reserved: Math.max(0, -remaining),
      retryAfterMs: wholeMs(waitUs),
      resetAfterMs: wholeMs(resetUs),
      frozenMs: wholeMs(frozenUs),
      rate,
    };
  }

  /**
   * Forgets a limit: it is full, and no longer frozen. For tests and for support; a chat that Telegram has
   * frozen answers 429 all the same.
   *
   * @returns whether there was anything to forget
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * await new TokenBucketRateLimiter().resetBucket(42, "USER");
   */
  async resetBucket(id: LimitedId, typeOrRule: RateLimitType | Rule): Promise<boolean> {
    const { key } = this.#limit(id, typeOrRule);
    return (await this.#store.reset(this.#scope.namespace, { rules: [key] })) > 0;
  }

  /**
   * Drops limits that are full again, and expired records, of the whole store. Never needed: a full limit has
   * no state; for those who want the memory back now.
   *
   * @returns how many were dropped; a store that expires entries itself may answer 0
   * @throws StoreUnavailable when the store does not answer
   * @example
   * await new TokenBucketRateLimiter().cleanupExpiredBuckets();
   */
  async cleanupExpiredBuckets(): Promise<number> {
    return this.#store.sweep();
  }

  /** Turns are reserved in order of arrival; a line keeps that order where many may go at the same moment. */
  async #waitFor(
    ticket: Ticket,
    deadline: number,
    signal: AbortSignalLike | undefined,
  ): Promise<Acquisition> {
    const place = this.#lines.join(ticket.charge.key);
    const leftMs = () => Math.max(0, deadline - this.#clock.now());
    try {
      for (let holdsTurn = false; ; ) {
        if (signal?.aborted) return await this.#giveUp(ticket, holdsTurn);
        const admission = await this.#admit(ticket, leftMs());
        if (admission.status === "expired") continue;
        if (admission.status !== "wait") {
          place.leave();
          return await this.#answer(ticket, admission);
        }
        holdsTurn = true;
        await this.#clock.sleep(sleepMs(admission.waitUs), signal);
        await place.head(leftMs(), signal);
      }
    } finally {
      place.leave();
    }
  }

  async #giveUp(ticket: Ticket, holdsTurn: boolean): Promise<Acquisition> {
    if (holdsTurn) await this.#settle(ticket, "unsent");
    const stats = await this.#stats(ticket);
    return { acquired: false, remaining: leftOf(stats), retryAfterMs: wholeMs(stats.waitUs) };
  }

  async #answer(ticket: Ticket, admission: Admission): Promise<Acquisition> {
    if (admission.status === "refused") {
      const remaining = leftOf(await this.#stats(ticket));
      return { acquired: false, remaining, retryAfterMs: wholeMs(admission.retryAfterUs) };
    }
    // Should the record not be told now, it goes with its lease.
    const settled = this.#settle(ticket, "free").catch(() => false);
    const [stats] = await Promise.all([this.#stats(ticket), settled]);
    return { acquired: true, remaining: leftOf(stats), retryAfterMs: 0 };
  }

  #limit(id: LimitedId, typeOrRule: RateLimitType | Rule, namespace = this.#scope.namespace) {
    return limitOf(id, typeOrRule, { rules: this.#scope.rules, namespace });
  }

  #ticket(
    id: LimitedId,
    typeOrRule: RateLimitType | Rule,
    tokens: number,
    { bot = this.#scope.namespace }: WhoseLimit = {},
  ): Ticket {
    positiveWhole("tokens", tokens, "tokens");
    const charge = {
      ...this.#limit(id, typeOrRule, bot),
      cost: tokens,
      mode: "wait",
      priority: "normal",
      // Nobody freezes a rule of one's own: it keeps to what it says.
      ceiling: isRule(typeOrRule) ? 0 : this.#scope.rateCeiling,
    } as const;
    return { charge, bot, owner: ownerToken() };
  }

  #admit(ticket: Ticket, maxWaitMs: number): Promise<Admission> {
    return this.#store.admit({
      ...this.#whose(ticket),
      claim: { id: recordOf(ticket), mode: "send" },
      rules: [ticket.charge],
      maxWaitUs: toMicros(maxWaitMs),
      leaseUs: timing.leaseUs,
      graceUs: timing.graceUs,
      ttlUs: 0,
    });
  }

  #settle(ticket: Ticket, as: Settlement): Promise<boolean> {
    const rules = [ticket.charge];
    return this.#store.settle({ ...this.#whose(ticket), record: recordOf(ticket), as, ttlUs: 0, rules });
  }

  async #stats({ charge, bot }: Ticket): Promise<RuleStats> {
    const [stats] = await this.#store.stats({ bot, rules: [charge] });
    return stats!;
  }

  #whose({ bot, owner }: Ticket) {
    return { bot, owner, attempt: 0 };
  }
}

/** As for a call without a key: a turn needs a record that holds it. */
const recordOf = ({ owner }: Ticket): string => `o${owner}`;

/** Rounded up: who comes again after so long finds its tokens. */
const wholeMs = (us: number): number => Math.ceil(toMillis(us));

const leftOf = ({ remaining, frozenUs }: RuleStats): number => (frozenUs > 0 ? 0 : Math.max(0, remaining));
