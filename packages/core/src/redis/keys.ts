import { ConfigurationError } from "../errors.js";

/**
 * Every key, built here and nowhere else. One hash tag per bot: all keys of a bot share a Cluster slot, so that
 * one script may touch them together. The version stands in the key: two versions never read each other.
 *
 *     sendonce:{4242}:1:r:<record id>      a record: idempotency key, update claim or owner token
 *     sendonce:{4242}:1:l:<rule>           a rule: chat:123, user:5, global …
 *     sendonce:{4242}:1:s:<cap>            the slots of a cap that are taken
 *     sendonce:{4242}:1:n:<hour>           what happened in an hour, counted; n:rules: the rules in force
 *     sendonce:{4242}:1:events             a channel, no key: what happens now
 */
const version = 1;

/** A brace in it would move the hash tag, an empty one take it away. */
const ordinaryBot = /^[\w.:-]{1,64}$/;

function keyOf(bot: string, kind: "r" | "l" | "s", name: string): string {
  if (ordinaryBot.test(bot)) return `sendonce:{${bot}}:${version}:${kind}:${name}`;
  throw new ConfigurationError(
    'the name of a bot must be its id or a namespace: 1 to 64 letters, digits, ".", ":", "_" or "-"',
  );
}

/** The key of a record, by its id. */
export const recordKey = (bot: string, id: string): string => keyOf(bot, "r", id);

/** The key of a rule, such as `chat:123`. */
export const ruleKey = (bot: string, rule: string): string => keyOf(bot, "l", rule);

/** The key of a cap's slots. */
export const slotsKey = (bot: string, cap: string): string => keyOf(bot, "s", cap);

/** The hash that counts what happens in the hour of `at`, in ms. */
export const countsKey = (bot: string, at: number): string => `sendonce:{${bot}}:${version}:n:${hourOf(at)}`;

/** The rules in force, as a publishing guard has posted them. */
export const postedRulesKey = (bot: string): string => `sendonce:{${bot}}:${version}:n:rules`;

/** The channel of a bot's news. */
export const eventsChannel = (bot: string): string => `sendonce:{${bot}}:${version}:events`;

/** The hour of a time in ms, as counters are filed by: `2026-01-31T09`, in UTC. */
export const hourOf = (at: number): string => new Date(at).toISOString().slice(0, 13);

/** Matches every key of one bot, or of all, for SCAN. */
export const keyPattern = (bot = "*"): string => `sendonce:{${bot}}:${version}:*`;

const kinds = { r: "record", l: "rule", s: "slots", n: "counts" } as const;

/** A key of ours, taken apart. */
export interface KeyParts {
  readonly bot: string;
  readonly kind: (typeof kinds)[keyof typeof kinds];
  /** Record id, rule, cap, or hour. */
  readonly id: string;
}

/** Takes a key apart; undefined for one that is none of ours. */
export function readKey(key: string): KeyParts | undefined {
  const [, bot, written, kind, id] = /^sendonce:\{([^}]+)\}:(\d+):([rlsn]):(.+)$/s.exec(key) ?? [];
  if (Number(written) !== version) return undefined;
  return { bot: bot!, kind: kinds[kind as keyof typeof kinds], id: id! };
}
