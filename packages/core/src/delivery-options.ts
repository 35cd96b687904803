import type { AbortSignalLike, Payload } from "./call.js";
import { ConfigurationError } from "./errors.js";
import { insideDelivery } from "./scope.js";
import { check, knownNames, nonNegative, oneOf, positiveWhole } from "./validate.js";

/** How urgent a call is: see {@link DeliveryOptions.priority}. */
export type Priority = "high" | "normal" | "bulk";
/** What a second call with the same key and other content gets: a refusal, the first one's result, or its own send. */
export type OnMismatch = "error" | "replay" | "send";

/** What one call may ask for itself. */
export interface DeliveryOptions {
  /** Idempotency key of your own, e.g. `invoice-42`: unique per bot and chat. Stored hashed. */
  readonly key?: string;
  /**
   * `high` does not queue behind reserved turns; `bulk` yields to everything else.
   * @default "normal"
   */
  readonly priority?: Priority;
  /** How long the record is kept after its last write, in ms. */
  readonly ttlMs?: number;
  /** Longest wait for turns, thaws and other senders, in ms; 0 never waits. */
  readonly maxWaitMs?: number;
  /** Messages that this call counts as. */
  readonly cost?: number;
  /** What a second call with the same key and other content gets. */
  readonly onMismatch?: OnMismatch;
}

/** Carries the options through the framework: registered, so that ESM and CJS copies agree. */
const carrier = Symbol.for("sendonce.delivery");

/**
 * Options for one call, to be spread into the framework's own options object. To the type system it is
 * `{}`; it rides on a symbol, which no JSON or form carries, so nothing of it reaches the wire.
 *
 * @throws ConfigurationError when an option is unknown or out of range
 * @example
 * await ctx.reply("Paid!", { parse_mode: "HTML", ...delivery({ key: "invoice-42" }) });
 */
// biome-ignore lint/complexity/noBannedTypes: `{}` is the point: it changes no payload type
export function delivery(options: DeliveryOptions): {} {
  return { [carrier]: validateDelivery("delivery", options) };
}

/**
 * The same for methods that take no options object, and for several calls at once: with a `key`, the calls
 * in `fn` share a scope in which each is sent once.
 *
 * @throws ConfigurationError when an option is unknown or out of range
 * @example
 * await withDelivery({ key: "post-123" }, () => bot.api.sendPhoto(channel, file));
 */
export function withDelivery<T>(options: DeliveryOptions, fn: () => T): T {
  return insideDelivery(validateDelivery("withDelivery", options), fn);
}

/** What rides on a payload: a caller's options, and what only Sendonce's own callers may say. */
export interface CarriedOptions extends DeliveryOptions {
  /** Ends waiting, but no request that is open: what was sent is to be known. */
  readonly abandon?: AbortSignalLike;
}

/** Options of Sendonce's own calls; nothing is checked. */
export const carried = (options: CarriedOptions): object => ({ [carrier]: options });

/** The options that ride on a payload, if any. */
export function carriedOptions(payload: Payload): CarriedOptions | undefined {
  return Object.hasOwn(payload, carrier) ? (payload[carrier] as CarriedOptions | undefined) : undefined;
}

const names = ["key", "priority", "ttlMs", "maxWaitMs", "cost", "onMismatch"];

function validateDelivery(who: string, options: DeliveryOptions): DeliveryOptions {
  knownNames(who, options, names);
  const { key } = options;
  if (key !== undefined && (typeof key !== "string" || key === "")) {
    throw new ConfigurationError(
      `${who}({ key }) must be a non-empty string that names this message, e.g. "invoice-42"; got ${key === "" ? "an empty string" : typeof key}`,
    );
  }
  check(options.priority, (value) => oneOf(`${who}({ priority })`, value, ["high", "normal", "bulk"]));
  check(options.ttlMs, (value) => positiveWhole(`${who}({ ttlMs })`, value, "milliseconds"));
  check(options.maxWaitMs, (value) => nonNegative(`${who}({ maxWaitMs })`, value, "milliseconds"));
  check(options.cost, (value) => positiveWhole(`${who}({ cost })`, value, "messages"));
  check(options.onMismatch, (value) => oneOf(`${who}({ onMismatch })`, value, ["error", "replay", "send"]));
  return Object.freeze({ ...options });
}
