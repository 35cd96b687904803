import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { type Contestant, chatOf } from "./contestant.js";
import { message, stub } from "./telegram.js";

/**
 * The least that claims a message, pays three rules, and settles it: GCRA in one integer per rule, server time, an
 * owner that is checked. No waiting, no freezes, no windows, no leases, no aliases.
 */
const claimAndPay = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
if redis.call('GET', KEYS[1]) then return {'done'} end
for i = 2, 4 do
  local full = tonumber(redis.call('GET', KEYS[i]) or '0')
  if full < now then full = now end
  full = full + tonumber(ARGV[2 * i - 1])
  redis.call('SET', KEYS[i], string.format('%d', full), 'PX', math.ceil((full - now) / 1000) + 1)
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {'go', now}`;

const settle = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {'lost'} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
if redis.call('GET', KEYS[2]) == '' then return {'foreign'} end
return {'settled'}`;

const shaOf = (source: string): string => createHash("sha1").update(source).digest("hex");

async function loaded(redis: Redis): Promise<void> {
  for (const source of [claimAndPay, settle]) await redis.script("LOAD", source);
}

const [claimSha, settleSha] = [shaOf(claimAndPay), shaOf(settle)];

/** The floors: what the work costs when nothing is left that could be left out. */
export const floors: readonly Contestant[] = [
  {
    name: "stub alone",
    place: "nothing",
    kind: "floor",
    open: () => ({ send: (i) => stub("sendMessage", message(i)) }),
  },
  {
    name: "PING",
    place: "redis",
    kind: "floor",
    open(ground) {
      const redis = ground.client();
      return { send: () => redis.ping() };
    },
  },
  {
    name: "SET NX PX",
    place: "redis",
    kind: "floor",
    open(ground) {
      const redis = ground.client();
      return { send: (i) => redis.set(`floor:${i}`, "1", "PX", 1_800_000, "NX") };
    },
  },
  {
    name: "honest floor (EVALSHA 4 keys + EVALSHA 2 keys)",
    place: "redis",
    kind: "floor",
    async open(ground) {
      const redis = ground.client();
      await loaded(redis);
      return {
        async send(i) {
          const [record, chat] = [`{b}:r:${i}`, `{b}:c:${chatOf(i)}`];
          const keys = [record, chat, "{b}:bulk", "{b}:global"];
          await redis.evalsha(claimSha, 4, ...keys, "S|owner", 30_000, 3, 1, 3, 1, 3, 1);
          await stub("sendMessage", message(i));
          return redis.evalsha(settleSha, 2, record, chat, "S|owner", "D|1|1700000000", 1_800_000);
        },
      };
    },
  },
];
