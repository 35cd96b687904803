import { ConfigurationError } from "../errors.js";

/**
 * Every key, built here and nowhere else. One hash tag per bot: all keys of a bot share a Cluster slot, so that
 * one script may touch them together. The version stands in the key: two versions never read each other.
 *
 *     sendonce:{4242}:1:r:<record id>      a record: idempotency key, update claim or owner token
 *     sendonce:{4242}:1:l:<rule>           a rule: chat:123, user:5, global …
 *     sendonce:{4242}:1:s:<cap>            the slots of a cap that are taken
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

export const recordKey = (bot: string, id: string): string => keyOf(bot, "r", id);

export const ruleKey = (bot: string, rule: string): string => keyOf(bot, "l", rule);

export const slotsKey = (bot: string, cap: string): string => keyOf(bot, "s", cap);

/** Matches every key of one bot, or of all, for SCAN. */
export const keyPattern = (bot = "*"): string => `sendonce:{${bot}}:${version}:*`;
