import { apiThrottler } from "@grammyjs/transformer-throttler";
import { createGuard, reliability, tokenBucket } from "@sendonce/grammy";
import { redisStore } from "@sendonce/grammy/redis";
import Bottleneck from "bottleneck";
import { Redis } from "ioredis";
import { RateLimiterRedis, type RateLimiterRes } from "rate-limiter-flexible";

/** Lets messages to chats of their own through at 30 a second, 30 at once. */
export interface Racer {
  readonly name: string;
  open(url: string): (chat: number, send: () => Promise<void>) => Promise<unknown>;
}

const rate = tokenBucket({ capacity: 30, refillPerSecond: 30 });

const asApi = (send: () => Promise<void>) =>
  (async () => {
    await send();
    return { ok: true, result: { message_id: 1, date: 1, chat: { id: 1, type: "private" } } };
  }) as never;

/** By reserved turn, by asking again, by the throttler as its users have it. */
export const racers: readonly Racer[] = [
  {
    name: "Sendonce",
    open(url) {
      const limits = { chat: false, group: false, bulk: false, global: rate } as const;
      const guard = createGuard({ store: redisStore(url), namespace: "race", limits });
      const transformer = reliability(guard);
      return (chat, send) => transformer(asApi(send), "sendMessage", { chat_id: chat, text: `${chat}` });
    },
  },
  {
    name: "rate-limiter-flexible, asking again when told",
    open(url) {
      const limiter = new RateLimiterRedis({ storeClient: new Redis(url), points: 30, duration: 1 });
      return async (_, send) => {
        for (;;) {
          const wait = await limiter.consume("bot").then(
            () => 0,
            (refused: RateLimiterRes) => Math.max(1, refused.msBeforeNext),
          );
          if (wait === 0) return send();
          await new Promise((resolve) => setTimeout(resolve, wait));
        }
      };
    },
  },
  {
    name: "@grammyjs/transformer-throttler over Redis, its defaults",
    open(url) {
      const shared = (id: string) => ({
        id,
        datastore: "ioredis" as const,
        connection: new Bottleneck.IORedisConnection({ client: new Redis(url) as never }),
      });
      const transformer = apiThrottler({
        global: {
          ...shared("global"),
          reservoir: 30,
          reservoirRefreshAmount: 30,
          reservoirRefreshInterval: 1_000,
        },
        out: { ...shared("out"), maxConcurrent: 1, minTime: 1_000 },
      });
      return (chat, send) => transformer(asApi(send), "sendMessage", { chat_id: chat, text: `${chat}` });
    },
  },
];
