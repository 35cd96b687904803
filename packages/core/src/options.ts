import type { Call } from "./call.js";
import { type Cap, type CapOptions, resolveCaps } from "./caps/cap.js";
import { type Clock, systemClock, toMicros } from "./clock.js";
import { defaults } from "./defaults.js";
import type { OnMismatch, Priority } from "./delivery-options.js";
import { ConfigurationError } from "./errors.js";
import type { Rule, RuleName } from "./limiter/rules.js";
import type { Logger } from "./observe/logger.js";
import type { ResultCodec, ResultMode } from "./result/index.js";
import { resolveFlood } from "./settings/flood.js";
import { resolveIdempotency } from "./settings/idempotency.js";
import { resolveLimits } from "./settings/limits.js";
import type { WhenStoreDown } from "./store/failover.js";
import type { RuleParams, Store } from "./store/port.js";
import { check, describe, isFunction, knownNames, nonNegative, oneOf } from "./validate.js";

/** What becomes of a call whose outcome nobody knows. */
export type AmbiguousPolicy = "block" | "retry" | ((call: Call, error: unknown) => "block" | "retry");

/** Deduplication: which calls, how they are recognised, how long they are remembered. */
export interface IdempotencyOptions {
  /**
   * How long equal content outside an update, and a key of your own, stays sent: ms after the last write.
   * @default 1_800_000 (30 min)
   */
  ttlMs?: number;
  /**
   * How long the answers to an update stay sent, in ms; Telegram redelivers for up to 24 h.
   * @default 86_400_000 (24 h)
   */
  updateTtlMs?: number;
  /**
   * How calls inside an update are recognised when it is handled again: by what they say, or, for handlers
   * whose text varies (a clock, a random greeting), by being the n-th call of that method to that chat.
   * @default "content"
   */
  match?: "content" | "position";
  /** Which message-creating methods are deduplicated. @default all */
  methods?: (method: string) => boolean;
  /** A call whose twin is being sent by another process waits for that one's result, or is refused. @default "wait" */
  onBusy?: "wait" | "reject";
  /** A key of your own that is used again with other content. @default "error" */
  onMismatch?: OnMismatch;
  /**
   * A call whose twin had an unknown outcome: refuse it (it may have been received), or send it again (it may be
   * received twice).
   * @default "block"
   */
  onAmbiguous?: AmbiguousPolicy;
  /** How much of Telegram's answer is stored for replays; `minimal` holds no text. @default "minimal" */
  result?: ResultMode;
  /** Keys become HMACs with this secret. Of a list, the first writes and all read (rotation). */
  secret?: string | string[];
  /**
   * What is stored of a result goes through this: encryption, for `result: "full"`. A result that cannot be encoded is
   * not stored, one that cannot be decoded not replayed; the call is never failed by it, and nothing is sent twice.
   * @default none
   */
  codec?: ResultCodec;
}

/** Rules by name; `false` switches one off. What is not named keeps the `conservative` preset. */
export type LimitRules = { [Name in RuleName]?: Rule | false };

/** What to do about a 429. */
export interface FloodOptions {
  /** Times that one call is tried again after a 429. @default 3 */
  retries?: number;
  /**
   * After a flood the rule that was hit lets through four fifths of what it did, and recovers by a tenth of its rate
   * per minute. With a `ceiling` (a factor of 1 to 10) it may also exceed itself, as long as messages wait and nobody
   * objects: for bots whose real quota is larger than the published one.
   * @default true
   */
  adaptive?: boolean | { ceiling: number };
}

/** Options of a guard; all may be left out. */
export interface GuardOptions {
  /** Where records and limits live. @default memoryStore() */
  store?: Store;
  /** Stands for the bot's id in every key; one per bot, since updates are counted per bot. */
  namespace?: string;
  /** Deduplication; `false` switches it off and keeps the limits. */
  idempotency?: false | IdempotencyOptions;
  /** A preset, rules by name, or `false`: no limits, floods are honoured still. @default "conservative" */
  limits?: false | "conservative" | "official" | LimitRules;
  /**
   * How urgent a call is that does not say so by `delivery({ priority })`: `"high"` for VIP chats, say. Undefined
   * leaves it `"normal"`. What it throws reaches the caller, and nothing is sent.
   */
  priority?: (call: Call) => Priority | undefined;
  /**
   * Inside an update the rules of private chats and of the whole bot are paid but not waited for, or waited
   * for like anywhere else.
   * @default "pay"
   */
  replies?: "pay" | "wait";
  /**
   * Edits cost nothing, pay like messages, or pay and, of several edits of one message that wait, only the last is
   * sent: for answers that grow in the chat.
   * @default "free"
   */
  edits?: "free" | "pay" | "coalesce";
  /**
   * At most so many calls at once in the whole fleet, per bot and by name: `{ uploads: { limit: 4, methods:
   * ["sendVideo", "sendDocument"] } }`. A call takes a slot of every cap that covers it, in the order written. Not
   * on a Redis Cluster.
   */
  caps?: { readonly [name: string]: CapOptions };
  /** What to do about a 429; `false` hands it to the caller and freezes nothing. */
  flood?: false | FloodOptions;
  /** Longest wait of one call, in ms. @default 120_000 outside an update, 8_000 inside one */
  maxWaitMs?: number;
  /**
   * While a shared store is away: this process guards itself in memory by the same rules, sends unguarded, or
   * refuses. Calls that spend Stars are refused in all three.
   * @default "local"
   */
  whenStoreDown?: WhenStoreDown;
  /**
   * Tells the operator's tool (`@sendonce/cli`) what happens, by way of a shared store: counters by the hour, and news
   * once a second while anything happens. Chat ids are told only with `{ chats: true }`, texts never. On Redis its user
   * also needs `+hincrby +expire +publish` and the channels `&sendonce:*`.
   * @default false
   */
  publish?: boolean | { chats?: boolean };
  /** Structured, pino-compatible. Silent without. */
  logger?: Logger;
  /** Time source, for tests. */
  clock?: Clock;
}

/** Options as the guard uses them: complete, checked, frozen, in integers of microseconds. */
export interface Settings {
  /** Undefined: the guard makes its own in memory. */
  readonly store: Store | undefined;
  readonly namespace: string | undefined;
  readonly deduplicates: (method: string) => boolean;
  /** Updates that were handled are dropped. */
  readonly dropsUpdates: boolean;
  readonly ttlMs: number;
  readonly updateTtlMs: number;
  readonly match: "content" | "position";
  readonly onBusy: "wait" | "reject";
  readonly onMismatch: OnMismatch;
  readonly onAmbiguous: AmbiguousPolicy;
  readonly result: ResultMode;
  readonly codec: ResultCodec | undefined;
  /** First writes, all read. */
  readonly secrets: readonly (string | undefined)[];
  readonly rules: Readonly<Partial<Record<RuleName, RuleParams>>>;
  readonly priorityOf: (call: Call) => Priority;
  readonly repliesPay: boolean;
  readonly edits: "free" | "pay" | "coalesce";
  readonly caps: readonly Cap[];
  readonly floodRetries: number;
  readonly freezes: boolean;
  /** How far a rule's rate may rise, in parts per million of what it says; 0: it stays. */
  readonly rateCeiling: number;
  readonly maxWaitMs: { readonly outside: number; readonly inside: number };
  readonly whenStoreDown: WhenStoreDown;
  readonly publish: { readonly chats: boolean } | undefined;
  readonly logger: Logger | undefined;
  readonly clock: Clock;
}

const guardNames = [
  "store",
  "namespace",
  "idempotency",
  "limits",
  "priority",
  "replies",
  "edits",
  "caps",
  "flood",
  "maxWaitMs",
  "whenStoreDown",
  "publish",
  "logger",
  "clock",
];

/** Names that `createGuard` takes; adapters check their own options against these and their own. */
export const guardOptionNames: readonly string[] = guardNames;

/**
 * Checks and completes options.
 * @throws ConfigurationError naming the option and the remedy
 */
export function resolveOptions(options: GuardOptions = {}): Settings {
  knownNames("Sendonce options", options, guardNames);
  checkStore(options.store);
  checkNamespace(options.namespace);
  check(options.replies, (value) => oneOf("`replies`", value, ["pay", "wait"]));
  check(options.priority, (value) => isFunction("`priority`", value));
  check(options.edits, (value) => oneOf("`edits`", value, ["free", "pay", "coalesce"]));
  check(options.maxWaitMs, (value) => nonNegative("`maxWaitMs`", value, "milliseconds"));
  check(options.whenStoreDown, (value) => oneOf("`whenStoreDown`", value, ["local", "allow-all", "reject"]));
  checkLogger(options.logger);
  const { maxWaitMs } = options;
  return Object.freeze({
    store: options.store,
    namespace: options.namespace,
    ...resolveIdempotency(options.idempotency),
    rules: resolveLimits(options.limits),
    priorityOf: resolvePriority(options.priority),
    repliesPay: (options.replies ?? defaults.replies) === "pay",
    edits: options.edits ?? defaults.edits,
    caps: resolveCaps(options.caps),
    ...resolveFlood(options.flood),
    maxWaitMs: maxWaitMs === undefined ? defaults.maxWaitMs : { outside: maxWaitMs, inside: maxWaitMs },
    whenStoreDown: options.whenStoreDown ?? defaults.whenStoreDown,
    publish: resolvePublish(options.publish),
    logger: options.logger,
    clock: options.clock ?? systemClock,
  });
}

function resolvePublish(publish: GuardOptions["publish"] = defaults.publish): Settings["publish"] {
  if (typeof publish === "boolean") return publish ? { chats: false } : undefined;
  knownNames("`publish`", publish, ["chats"]);
  const { chats = false } = publish;
  if (typeof chats === "boolean") return { chats };
  throw new ConfigurationError(`\`publish.chats\` must be true or false; got ${describe(chats)}`);
}

function resolvePriority(priority: GuardOptions["priority"]): Settings["priorityOf"] {
  if (priority === undefined) return () => "normal";
  return function priorityOf(call) {
    const told = priority(call) ?? "normal";
    oneOf("what `priority` answers", told, ["high", "normal", "bulk"]);
    return told;
  };
}

function checkStore(store: unknown): void {
  if (store === undefined) return;
  if (typeof (store as Store | null)?.admit === "function") return;
  throw new ConfigurationError(
    `\`store\` must be a store such as memoryStore() or redisStore(url); got ${describe(store)}`,
  );
}

function checkNamespace(namespace: unknown): void {
  if (namespace === undefined) return;
  if (typeof namespace === "string" && /^[\w.:-]{1,64}$/.test(namespace)) return;
  throw new ConfigurationError(
    `\`namespace\` must be 1 to 64 letters, digits, ".", ":", "_" or "-"; got ${describe(namespace)}`,
  );
}

function checkLogger(logger: unknown): void {
  if (logger === undefined) return;
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof (logger as Logger | null)?.[level] === "function") continue;
    throw new ConfigurationError(
      `\`logger\` must have the methods debug, info, warn and error (pino and console do); \`${level}\` is missing`,
    );
  }
}

/** Milliseconds of the settings as a store wants them. */
export const timing = Object.freeze({
  leaseUs: toMicros(defaults.leaseMs),
  graceUs: toMicros(defaults.graceMs),
});
