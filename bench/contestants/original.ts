import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { type Contestant, chatOf } from "./contestant.js";
import { message, stub } from "./telegram.js";

/** The bucket of the system that Sendonce grew out of: a hash of tokens and time. */
const bucket = `
local state = redis.call('HMGET', KEYS[1], 'tokens', 'last')
local capacity, rate, now, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local tokens = math.min(capacity, (tonumber(state[1]) or capacity) + (now - (tonumber(state[2]) or now)) * rate)
local granted = tokens >= wanted
if granted then tokens = tokens - wanted end
redis.call('HMSET', KEYS[1], 'tokens', tokens, 'last', now)
redis.call('EXPIRE', KEYS[1], 3600)
return {granted and 1 or 0, tostring(tokens)}`;

const pay = (redis: Redis, key: string) => redis.eval(bucket, 1, key, 1e6, 1e6, Date.now() / 1000, 1);

/** GET, SET NX, two EVALs, SET: one after the other, as they were. */
export const original: Contestant = {
  name: "the original's sequence (GET, SET NX, EVAL, EVAL, SET)",
  place: "redis",
  kind: "peer",
  open(ground) {
    const redis = ground.client();
    return {
      async send(i) {
        const payload = message(i);
        const key = `idempotency:${createHash("sha256").update(JSON.stringify(payload)).digest("hex")}`;
        if ((await redis.get(key)) !== null) return undefined;
        await redis.set(key, '{"status":"processing"}', "EX", 1_800, "NX");
        await pay(redis, `bucket:chat:${chatOf(i)}`);
        await pay(redis, "bucket:global");
        await stub("sendMessage", payload);
        return redis.set(key, '{"status":"completed","result":{"message_id":1}}', "EX", 1_800);
      },
    };
  },
};
