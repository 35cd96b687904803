import { createHash } from "node:crypto";
import { apiThrottler } from "@grammyjs/transformer-throttler";
import { Ratelimit } from "@upstash/ratelimit";
import Bottleneck from "bottleneck";
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterUnion } from "rate-limiter-flexible";
import { Semaphore } from "redis-semaphore";
import { type Contestant, chatOf, type Ground } from "./contestant.js";
import { message, stub, through } from "./telegram.js";

const many = 1_000_000;
/** What a Bottleneck must be told so that nothing waits. */
const open = { reservoir: many * 1_000, maxConcurrent: null, minTime: 0 };

/** A Bottleneck that keeps its state in Redis: `ioredis` is what its ordinary users give it. */
function shared(ground: Ground, id: string): Bottleneck.ConstructorOptions {
  const connection = new Bottleneck.IORedisConnection({ client: ground.client() as never });
  return { ...open, id, datastore: "ioredis", clearDatastore: false, connection };
}

function bottleneck(settings: (id: string) => Bottleneck.ConstructorOptions) {
  const global = new Bottleneck(settings("global"));
  const perChat = new Bottleneck.Group(settings("chat"));
  perChat.on("created", (limiter) => limiter.chain(global));
  return {
    send: (i: number) => perChat.key(`${chatOf(i)}`).schedule(() => stub("sendMessage", message(i))),
  };
}

/** Two or three limits of rate-limiter-flexible, asked for together. */
function flexible(redis: Redis, names: readonly string[]) {
  const [first, second, ...more] = names.map(
    (keyPrefix) => new RateLimiterRedis({ storeClient: redis, keyPrefix, points: many, duration: 1 }),
  );
  const union = new RateLimiterUnion(first!, second!, ...more);
  return {
    async send(i: number) {
      await union.consume(`${chatOf(i)}`);
      return stub("sendMessage", message(i));
    },
  };
}

/**
 * What @upstash/ratelimit asks of its client, over ioredis. Its scripts begin with a flag that only Upstash's own
 * servers know; without that line they run anywhere.
 */
function upstashClient(redis: Redis) {
  const known = new Map<string, string>();
  const run = (sha: string, keys: string[], args: unknown[]) =>
    redis.evalsha(sha, keys.length, ...keys, ...args.map(String));
  return {
    async evalsha(sha: string, keys: string[], args: unknown[]) {
      const ours = known.get(sha);
      if (ours === undefined) throw new Error("NOSCRIPT");
      return run(ours, keys, args);
    },
    async eval(script: string, keys: string[], args: unknown[]) {
      const ours = String(await redis.script("LOAD", script.replace(/^#!.*/, "")));
      known.set(createHash("sha1").update(script).digest("hex"), ours);
      return run(ours, keys, args);
    },
  };
}

/** What users have today. */
export const peers: readonly Contestant[] = [
  {
    name: "@grammyjs/transformer-throttler",
    place: "memory",
    kind: "peer",
    open: () => ({ send: through(apiThrottler({ global: open, group: open, out: open })) }),
  },
  {
    name: "@grammyjs/transformer-throttler",
    place: "redis",
    kind: "peer",
    open: (ground) => ({
      send: through(
        apiThrottler({
          global: shared(ground, "global"),
          group: shared(ground, "group"),
          out: shared(ground, "out"),
        }),
      ),
    }),
  },
  { name: "Bottleneck", place: "memory", kind: "peer", open: () => bottleneck(() => open) },
  {
    name: "Bottleneck",
    place: "redis",
    kind: "peer",
    open: (ground) => bottleneck((id) => shared(ground, id)),
  },
  {
    name: "rate-limiter-flexible, 2 limits",
    place: "redis",
    kind: "peer",
    open: (ground) => flexible(ground.client(), ["chat", "global"]),
  },
  {
    name: "rate-limiter-flexible, 3 limits",
    place: "redis",
    kind: "peer",
    open: (ground) => flexible(ground.client(), ["chat", "bulk", "global"]),
  },
  {
    name: "@upstash/ratelimit, 2 limits",
    place: "redis",
    kind: "peer",
    open(ground) {
      const redis = upstashClient(ground.client()) as never;
      const limiter = Ratelimit.tokenBucket(many, "1 s", many);
      const [chat, global] = ["chat", "global"].map(
        (prefix) => new Ratelimit({ redis, limiter, prefix, ephemeralCache: false, timeout: 0 }),
      );
      return {
        async send(i) {
          await Promise.all([chat!.limit(`${chatOf(i)}`), global!.limit("bot")]);
          return stub("sendMessage", message(i));
        },
      };
    },
  },
  {
    name: "redis-semaphore, 2 semaphores",
    place: "redis",
    kind: "peer",
    open(ground) {
      const redis = ground.client() as never;
      const settings = { refreshInterval: 0, lockTimeout: 30_000 };
      return {
        async send(i) {
          const held = [`chat:${chatOf(i)}`, "global"].map(
            (key) => new Semaphore(redis, key, many, settings),
          );
          for (const each of held) await each.acquire();
          await stub("sendMessage", message(i));
          for (const each of held) await each.release();
        },
      };
    },
  },
];
