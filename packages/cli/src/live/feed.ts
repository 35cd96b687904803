import { eventsChannel, type News } from "@sendonce/core/redis";
import type { Redis } from "ioredis";
import type { Session } from "../connect/session.js";
import { exitCodes, Stop } from "../exit.js";

/** The only pattern that an ACL of `&sendonce:*` allows: patterns must be equal there, not only narrower. */
const everyChannel = "sendonce:*";

/** Messages remembered, so that one that several nodes of a Cluster pass on is heard once. */
const remembered = 10_000;

/** What publishing guards tell, as it comes. */
export class Feed {
  readonly #listeners: Redis[];
  readonly #heard = new Set<string>();

  private constructor(listeners: Redis[]) {
    this.#listeners = listeners;
  }

  /**
   * Listens on every master: a publisher learns that somebody listens from the node it publishes on.
   *
   * @throws Stop when the user may not listen
   */
  static async open(session: Session, bot: string | undefined, hear: (news: News) => void): Promise<Feed> {
    const feed = new Feed(
      session.masters().map((node) => node.duplicate({ lazyConnect: true, retryStrategy: retry })),
    );
    for (const client of feed.#listeners) {
      client.on("error", () => {});
      client.on("pmessage", (_: string, channel: string, text: string) => {
        const news = newsIn(text);
        if (news === undefined || channel !== eventsChannel(news.bot)) return;
        if ((bot === undefined || news.bot === bot) && feed.#isNew(news)) hear(news);
      });
    }
    try {
      await Promise.all(feed.#listeners.map(listen));
      return feed;
    } catch (error) {
      feed.close();
      throw notHeard(error);
    }
  }

  close(): void {
    for (const client of this.#listeners) client.disconnect();
  }

  #isNew({ bot, from, n }: News): boolean {
    const name = `${bot} ${from} ${n}`;
    if (this.#heard.has(name)) return false;
    this.#heard.add(name);
    if (this.#heard.size > remembered) this.#heard.delete(this.#heard.values().next().value!);
    return true;
  }
}

async function listen(client: Redis): Promise<void> {
  await client.connect();
  await client.psubscribe(everyChannel);
}

/** A listener outlives a restart of Redis. */
const retry = (tries: number): number => Math.min(100 * tries, 2_000);

function newsIn(text: string): News | undefined {
  try {
    const news = JSON.parse(text) as News;
    return news?.v === 1 && typeof news.bot === "string" ? news : undefined;
  } catch {
    return undefined;
  }
}

function notHeard(error: unknown): unknown {
  if (!/NOPERM/.test(String((error as Error)?.message))) return error;
  return new Stop(
    exitCodes.problem,
    "this Redis user may not listen to the channels of Sendonce",
    "ACL SETUSER <user> +psubscribe &sendonce:*",
  );
}
