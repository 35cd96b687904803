import { tokenBucket, window } from "./limiter/rules.js";

/** Every default, once. The README's tables are checked against this file. Times in ms. */
export const defaults = Object.freeze({
  idempotency: Object.freeze({
    /** Content scope and given keys: half an hour. */
    ttlMs: 1_800_000,
    /** Update scope: Telegram redelivers for up to 24 h. */
    updateTtlMs: 86_400_000,
    match: "content",
    onBusy: "wait",
    onMismatch: "error",
    onAmbiguous: "block",
    result: "minimal",
  }),
  /** Longest wait for turns, thaws and other senders. */
  maxWaitMs: Object.freeze({ outside: 120_000, inside: 8_000 }),
  replies: "pay",
  edits: "free",
  flood: Object.freeze({
    retries: 3,
    adaptive: true,
    /** So many chats flooded within this time, their floods ending within that time of each other: the whole bot. */
    botWide: Object.freeze({ chats: 3, withinMs: 1_000, endTogetherMs: 4_000 }),
  }),
  whenStoreDown: "local",
  /**
   * What `close()` gives to open requests, and then to what the store should hear: container hosts kill a process
   * 10 s after they asked it to end.
   */
  close: Object.freeze({ timeoutMs: 8_000, lastWordsMs: 1_000 }),
  broadcast: Object.freeze({
    priority: "bulk",
    /** Who was served under an id is remembered for a week. */
    ttlMs: 604_800_000,
    /** One call's patience: longer than any flood that is worth waiting for. */
    maxWaitMs: 3_600_000,
    /** After a network failure: first pause, doubled up to the last. */
    retryMs: Object.freeze({ first: 1_000, longest: 30_000 }),
    reportEveryMs: 1_000,
    followEveryMs: 250,
  }),
  /** How often a process looks for a slot of a cap, while somebody waits for one. */
  caps: Object.freeze({ lookAgainMs: 100 }),
  /** A request that is open longer is renewed; one whose process died reads as AMBIGUOUS after this. */
  leaseMs: 30_000,
  renewEveryMs: 10_000,
  /** How long after its turn a reserved place stays its owner's alone. */
  graceMs: 10_000,
  /** A concurrent duplicate of an update is held this long, then runs. */
  holdUpdateMs: 8_000,
  /** Looking again at another process's send: first pause, doubled up to the last. */
  lookAgainMs: Object.freeze({ first: 50, longest: 1_000 }),
  /** How much later than its SENDING mark the server may count a message that has not settled. */
  marginMs: 250,
});

/**
 * Telegram's published limits, a little below where they bite. Source: core.telegram.org/bots/faq
 * ("My bot is hitting limits") and measurements of the trailing window of groups.
 */
const conservative = Object.freeze({
  chat: tokenBucket({ capacity: 20, refillPerSecond: 20 / 60 }),
  group: window({ limit: 20, perMs: 60_000 }),
  bulk: tokenBucket({ capacity: 25, refillPerSecond: 25 }),
  global: tokenBucket({ capacity: 30, refillPerSecond: 30 }),
  paid: tokenBucket({ capacity: 1000, refillPerSecond: 1000 }),
});

/**
 * What the types of the hand-held limiter mean where the guard has no such rule, and what the environment's
 * numbers are completed from: those of the system that the types' names come from.
 */
export const originalRules = Object.freeze({
  user: tokenBucket({ capacity: 1, refillPerSecond: 1 / 60 }),
  chat: conservative.chat,
  group: conservative.group,
  global: conservative.global,
});

/** The presets of the `limits` option. `user` is off in both. */
export const presets = Object.freeze({
  conservative,
  official: Object.freeze({ ...conservative, chat: tokenBucket({ capacity: 20, refillPerSecond: 1 }) }),
});
