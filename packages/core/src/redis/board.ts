import type { Board, BoardAnswer, BoardPost } from "../store/port.js";
import type { Connection } from "./connection.js";
import { countsKey, eventsChannel, postedRulesKey } from "./keys.js";
import { refused } from "./refused.js";

/** Counters and posted rules are kept for a week. */
const keptSeconds = 604_800;

/** Counters in an hourly hash and news on a channel: one pipeline, one round trip. */
export class RedisBoard implements Board {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async post({ bot, at, counts, news, rules }: BoardPost): Promise<BoardAnswer> {
    const key = countsKey(bot, at);
    const answers = await this.#connection.ask("publish", async (client) => {
      const pipeline = client.pipeline();
      for (const [field, by] of counts) pipeline.hincrby(key, field, by);
      if (counts.size > 0) pipeline.expire(key, keptSeconds);
      if (rules !== undefined) pipeline.set(postedRulesKey(bot), rules, "EX", keptSeconds);
      pipeline.publish(eventsChannel(bot), news);
      return (await pipeline.exec()) ?? [];
    });
    const failure = answers.find(([error]) => error !== null)?.[0];
    if (!failure) return { listeners: Number(answers.at(-1)?.[1] ?? 0), denied: false };
    if (/NOPERM/.test(failure.message)) return { listeners: 0, denied: true };
    throw refused(failure, "publish");
  }
}
