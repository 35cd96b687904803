import { toMicros } from "../clock.js";
import { defaults } from "../defaults.js";
import { hashOf } from "../fingerprint/hash.js";
import { type Job, ownerToken } from "../job.js";
import type { RuleCharge, Store } from "../store/port.js";

const { chats, withinMs, endTogetherMs } = defaults.flood.botWide;
const momentUs = toMicros(withinMs);

/**
 * Tells a flood of the whole bot from floods of its chats; a 429 does not say which it is. The rule: a third chat
 * within one second whose flood ends with theirs is the bot's. Chats that run into limits of their own do so at
 * times of their own; a bot that is stopped has all its chats stopped until one instant. Two could be chance, and
 * each more than three would be one more 429.
 *
 * Counted by the fleet, with the verbs that every store has: a window of two places for floods that end together,
 * and a claim for each chat, so that a chat counts once however many of its sends were on their way.
 */
export async function isBotWide(
  store: Store,
  { call }: Job,
  chat: RuleCharge,
  nowUs: number,
  retryAfterUs: number,
): Promise<boolean> {
  const end = Math.floor((nowUs + retryAfterUs) / toMicros(endTogetherMs));
  const counted = await store.admit({
    bot: call.bot,
    owner: ownerToken(),
    attempt: 0,
    claim: { id: `f${hashOf(undefined, "flood", chat.key, String(end))}`, mode: "update" },
    rules: [{ ...counting, key: `floods:${end}` }],
    maxWaitUs: 0,
    leaseUs: momentUs,
    graceUs: 0,
    ttlUs: momentUs,
  });
  return counted.status === "refused";
}

const counting: Omit<RuleCharge, "key"> = Object.freeze({
  name: "floods",
  params: Object.freeze({ kind: "window", limit: chats - 1, periodUs: momentUs, marginUs: 0 }),
  cost: 1,
  mode: "wait",
});
