import { randomInt } from "node:crypto";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, optionsFromEnv } from "@sendonce/grammy";
import { Redis } from "ioredis";

/** Longer than the id of any real bot: no key of theirs can be meant. */
const newRun = (): string => `${randomInt(1e12, 9e12)}`;

/**
 * A corner of the user's Redis: bots that no other run and nobody else has, so that no earlier run's messages are
 * replayed into this one.
 */
export class RedisCorner {
  readonly url: string;
  readonly #run = newRun();
  #bots = 0;

  private constructor(url: string) {
    this.url = url;
  }

  /** @throws Error in one line that names the remedy and no password, when Redis does not do what bots need */
  static async open(url: string): Promise<RedisCorner> {
    // a malformed one is named as a bot would name it
    const { redisUrl = url } = optionsFromEnv({ REDIS_URL: url });
    const corner = new RedisCorner(redisUrl);
    await corner.#check();
    return corner;
  }

  /** The token of a bot that has not been on stage. Its id begins with the run's number. */
  token(): string {
    return `${this.#run}${++this.#bots}:local-telegram-only`;
  }

  /** Removes the keys of this run's bots, and no others. */
  async clear(): Promise<void> {
    const client = new Redis(this.url, {
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
    });
    client.on("error", () => {}); // the command that fails tells
    try {
      await client.connect();
      for await (const keys of client.scanStream({ match: `sendonce:{${this.#run}*}:*`, count: 1_000 })) {
        if (keys.length > 0) await client.del(...(keys as string[]));
      }
    } finally {
      client.disconnect();
    }
  }

  /** Is it there, and may we write? A bot would go on in its own memory; this demo would then show nothing. */
  async #check(): Promise<void> {
    const store = redisStore(this.url);
    try {
      await store.ping();
      const { idempotency } = createGuard({ store, namespace: `${this.#run}0`, whenStoreDown: "reject" });
      const { owner = "" } = await idempotency.markOperationStart("check");
      await idempotency.markOperationFailed("check", owner);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(
        `REDIS_URL is set, but ${store.name} is of no use: ${reason}. Start or repair it, or unset REDIS_URL: then the bots stay in one process`,
      );
    } finally {
      await store.close();
    }
  }
}
