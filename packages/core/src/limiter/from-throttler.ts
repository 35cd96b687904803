import { ConfigurationError } from "../errors.js";
import type { LimitRules } from "../options.js";
import { knownNames, oneOf } from "../validate.js";
import { type BottleneckOptions, type Drop, ruleFromBottleneck } from "./from-bottleneck.js";

/** What was given to `apiThrottler()` or `telegrafThrottler()`. */
export interface ThrottlerConfig {
  /** transformer-throttler: the whole bot. */
  readonly global?: BottleneckOptions | undefined;
  /** Each group. */
  readonly group?: BottleneckOptions | undefined;
  /** transformer-throttler: each private chat. telegraf-throttler: the whole bot. */
  readonly out?: BottleneckOptions | undefined;
  /** telegraf-throttler: incoming updates, of which Sendonce drops and delays none. */
  readonly in?: BottleneckOptions | undefined;
  readonly inKey?: unknown;
  readonly inThrottlerError?: unknown;
}

/** How a throttler's options are to be read. */
export interface FromThrottlerOptions {
  /**
   * Whose options they are: `out` means each private chat to the one and the whole bot to the other. May be left
   * out where `global`, `in`, `inKey` or `inThrottlerError` tells.
   */
  readonly from?: ThrottlerName;
  /** Told each option that was given and has no counterpart, and why. */
  readonly onDropped?: Drop;
}

/** A throttler that Sendonce can stand in for: `@grammyjs/transformer-throttler` or `telegraf-throttler`. */
export type ThrottlerName = "transformer-throttler" | "telegraf-throttler";

/** One Bottleneck of a throttler, and the rule that it becomes. */
interface Part {
  readonly rule: "chat" | "group" | "global";
  readonly option: "global" | "group" | "out";
  /** What the package does where the option is left out. */
  readonly preset: BottleneckOptions;
}

interface Throttler {
  readonly options: readonly string[];
  readonly parts: readonly Part[];
}

/** transformer-throttler 1.2 and telegraf-throttler 0.6. */
const throttlers: { readonly [Name in ThrottlerName]: Throttler } = {
  "transformer-throttler": {
    options: ["global", "group", "out"],
    parts: [
      { rule: "chat", option: "out", preset: { minTime: 1_000 } },
      { rule: "group", option: "group", preset: { minTime: 1_000, ...refilled(20, 60_000) } },
      { rule: "global", option: "global", preset: refilled(30, 1_000) },
    ],
  },
  "telegraf-throttler": {
    options: ["in", "group", "out", "inKey", "inThrottlerError"],
    parts: [
      { rule: "group", option: "group", preset: { minTime: 333, ...refilled(20, 60_000) } },
      { rule: "global", option: "out", preset: { minTime: 25, ...refilled(30, 1_000) } },
    ],
  },
};

/** A reservoir that is full at the start and again after every interval. */
function refilled(amount: number, everyMs: number): BottleneckOptions {
  return { reservoir: amount, reservoirRefreshAmount: amount, reservoirRefreshInterval: everyMs };
}

/**
 * The options of a throttler as rules for `limits`: in no interval do they let more through than the reservoir,
 * or than `minTime` where that is the tighter. A part that is left out is read as the package's own default.
 *
 * - a reservoir that is refilled → an exact trailing `window`; one that is increased → a `tokenBucket`
 * - `minTime` → a `tokenBucket` of capacity 1, unless the reservoir is tighter; then the reservoir alone counts
 *   and a burst may use it up at once, as Telegram allows
 * - everything else is dropped, and told to `onDropped`
 *
 * @throws ConfigurationError for numbers that would stop a bot for ever, and where nobody can tell whose `out` it is
 * @example
 * install(bot, { limits: limitsFromThrottler({ global, group, out }, { onDropped: console.warn }) });
 */
export function limitsFromThrottler(
  config: ThrottlerConfig = {},
  options: FromThrottlerOptions = {},
): LimitRules {
  const { from = nameOf(config), onDropped = () => {} } = options;
  oneOf("limitsFromThrottler: `from`", from, Object.keys(throttlers));
  const throttler = throttlers[from];
  knownNames(`limitsFromThrottler (${from})`, config, throttler.options);
  for (const name of ["in", "inKey", "inThrottlerError"] as const) {
    if (config[name] !== undefined) onDropped(name, incomingReason);
  }
  const rules: LimitRules = {};
  for (const { rule, option, preset } of throttler.parts) {
    const given = config[option];
    rules[rule] = ruleFromBottleneck(option, given ?? preset, (name, why) => {
      if (given) onDropped(`${option}.${name}`, why);
    });
  }
  return rules;
}

function nameOf(config: ThrottlerConfig): ThrottlerName {
  if (config.global !== undefined) return "transformer-throttler";
  const { in: incoming, inKey, inThrottlerError } = config;
  if (incoming !== undefined || inKey !== undefined || inThrottlerError !== undefined)
    return "telegraf-throttler";
  throw new ConfigurationError(
    'limitsFromThrottler: say whose options these are, since `out` means another thing to each: limitsFromThrottler(config, { from: "transformer-throttler" }) or { from: "telegraf-throttler" }',
  );
}

const incomingReason =
  "incoming updates are neither queued nor dropped; those that come twice are handled once";
