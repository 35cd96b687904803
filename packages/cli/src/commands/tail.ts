import type { News, PostedEvent } from "@sendonce/core/redis";
import { sleep } from "../clock.js";
import type { Context } from "../context.js";
import { exitCodes } from "../exit.js";
import { Feed } from "../live/feed.js";
import { untilStopped } from "../live/until-stopped.js";
import { clockTime } from "../spans.js";

/** Which events, and when to stop. */
export interface TailOptions {
  readonly event?: readonly string[];
  readonly method?: readonly string[];
  readonly count?: number;
  readonly for?: number;
}

/** Live events of publishing guards, one line each, until it is stopped. */
export async function tail(context: Context, options: TailOptions): Promise<number> {
  const { session, screen, bot } = context;
  const ended = untilStopped();
  let left = options.count ?? Number.POSITIVE_INFINITY;
  const tell = (news: News) => {
    for (const event of news.events ?? []) {
      if (left <= 0 || !wanted(event, options)) continue;
      screen.out(screen.json ? JSON.stringify({ bot: news.bot, ...event }) : line(news.bot, event));
      if (--left <= 0) ended.stop();
    }
    if (news.more) screen.note(`… and ${news.more} more events of bot ${news.bot} in this second`);
  };
  const feed = await Feed.open(session, bot, tell);
  screen.note("listening; bots tell events when the guard's option is publish: true. Ctrl-C ends");
  try {
    await Promise.race([
      ended.promise,
      ...(options.for === undefined ? [] : [sleep(options.for * 1000, ended.signal)]),
    ]);
    return exitCodes.fine;
  } finally {
    ended.stop();
    feed.close();
  }
}

function wanted({ event, method }: PostedEvent, options: TailOptions): boolean {
  if (options.event !== undefined && !options.event.includes(event)) return false;
  return options.method === undefined || options.method.includes(String(method));
}

/** Fields with a place of their own in the line; the others follow by name. */
const placed = new Set(["event", "at", "method", "scope"]);

function line(bot: string, event: PostedEvent): string {
  const rest = Object.entries(event).filter(([name]) => !placed.has(name));
  const facts = rest.map(([name, value]) => `${name}=${String(value)}`);
  const words = [
    clockTime(event.at),
    bot,
    event.event.padEnd(9),
    event.method ?? "",
    event.scope ?? "",
    ...facts,
  ];
  return words.filter((word) => word !== "").join(" ");
}
