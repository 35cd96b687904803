import type { Settlement } from "@sendonce/core";
import { givenKeyId, type RedisStore } from "@sendonce/core/redis";

const second = 1_000_000;
const times = { maxWaitUs: 0, leaseUs: 30 * second, graceUs: 10 * second, ttlUs: 1_800 * second };

/** A record of a message that was given a key, as a bot leaves it: on its way, or settled. */
export async function record(
  store: RedisStore,
  {
    bot,
    chat,
    key,
    as,
    result,
  }: { bot: string; chat: string; key: string; as?: Settlement; result?: string },
): Promise<string> {
  const id = givenKeyId(undefined, chat, key);
  const place = { bot, owner: `owner-of-${key}`, attempt: 0 };
  await store.admit({ ...place, claim: { id, mode: "send" }, rules: [], ...times });
  if (as) await store.settle({ ...place, record: id, as, result, ttlUs: times.ttlUs, rules: [] });
  return id;
}

/** What Telegram answers, without a Telegram. */
export const answered = async () => ({
  type: "response" as const,
  body: { ok: true as const, result: { message_id: 1, date: 1, chat: { id: 7, type: "private" } } },
});

/** An answer that never came: nobody knows. */
export const lost = async () => ({
  type: "failure" as const,
  error: new Error("socket hang up"),
  code: "ECONNRESET",
});
