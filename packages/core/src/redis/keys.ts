/**
 * Every key, built here and nowhere else. One hash tag per bot: all keys of a bot share a Cluster slot, so that
 * one script may touch them together. The version stands in the key: two versions never read each other.
 *
 *     sendonce:{4242}:1:r:<record id>      a record: idempotency key, update claim or owner token
 *     sendonce:{4242}:1:l:<rule>           a rule: chat:123, user:5, global …
 *     sendonce:{4242}:1:s:<cap>            the slots of a cap that are taken
 */
const version = 1;

export const recordKey = (bot: string, id: string): string => `sendonce:{${bot}}:${version}:r:${id}`;

export const ruleKey = (bot: string, rule: string): string => `sendonce:{${bot}}:${version}:l:${rule}`;

export const slotsKey = (bot: string, cap: string): string => `sendonce:{${bot}}:${version}:s:${cap}`;

/** Matches every key of one bot, or of all, for SCAN. */
export const keyPattern = (bot = "*"): string => `sendonce:{${bot}}:${version}:*`;
