import type { News, PostedEvent } from "@sendonce/core/redis";

/** Rates are taken over so many seconds. */
const windowSeconds = 10;
/** So many seconds are drawn. */
const drawnSeconds = 60;
/** A process that tells nothing for so long is not counted any more. */
const silentMs = 10_000;
const lastEvents = 20;

/** Sums of one bot over the window. */
export interface BotView {
  readonly bot: string;
  readonly sent: number;
  readonly duplicates: number;
  readonly waits: number;
  readonly waitMs: number;
  readonly floods: number;
  readonly frozenMs: number;
  readonly refused: number;
  readonly failed: number;
}

/** What a frame shows. */
export interface View {
  /** Seconds over which the sums are taken: fewer where the watch began later. */
  readonly seconds: number;
  readonly bots: readonly BotView[];
  readonly processes: number;
  readonly modes: ReadonlyMap<string, number>;
  readonly open: number;
  readonly waiting: number;
  /** Since the watch began. */
  readonly ambiguous: number;
  /** Sends in each of the last seconds, oldest first. */
  readonly perSecond: readonly number[];
  /** Busiest first, with sends per second; undefined: no bot tells its chats. */
  readonly chats: readonly (readonly [chat: string, perSecond: number])[] | undefined;
  readonly events: readonly (PostedEvent & { readonly bot: string })[];
}

interface Heard {
  readonly at: number;
  readonly news: News;
}

/** What was heard lately, as numbers. Pure but for what it is told: time comes from the caller. */
export class Watch {
  #heard: Heard[] = [];
  readonly #processes = new Map<string, Heard>();
  readonly #events: (PostedEvent & { bot: string })[] = [];
  readonly #since: number;
  #ambiguous = 0;

  constructor(now: number) {
    this.#since = now;
  }

  hear(news: News, at: number): void {
    this.#heard.push({ at, news });
    this.#heard = this.#heard.filter((one) => one.at > at - drawnSeconds * 1000);
    this.#processes.set(`${news.from} ${news.bot}`, { at, news });
    this.#ambiguous += sum(news, "ambiguous");
    for (const event of news.events ?? []) this.#events.push({ bot: news.bot, ...event });
    this.#events.splice(0, Math.max(0, this.#events.length - lastEvents));
  }

  view(now: number): View {
    const recent = this.#heard.filter(({ at }) => at > now - windowSeconds * 1000);
    const alive = [...this.#processes.values()].filter(({ at }) => at > now - silentMs);
    const byProcess = new Map(alive.map(({ news }) => [news.from, news]));
    const modes = new Map<string, number>();
    for (const { mode } of byProcess.values()) modes.set(mode, (modes.get(mode) ?? 0) + 1);
    const total = (of: (news: News) => number) =>
      [...byProcess.values()].reduce((all, news) => all + of(news), 0);
    const seconds = Math.min(windowSeconds, Math.max(1, (now - this.#since) / 1000));
    return {
      seconds,
      bots: botsIn(recent),
      processes: byProcess.size,
      modes,
      open: total(({ open }) => open),
      waiting: total(({ waiting }) => waiting),
      ambiguous: this.#ambiguous,
      perSecond: this.#drawn(now),
      chats: chatsIn(recent, seconds),
      events: this.#events,
    };
  }

  #drawn(now: number): number[] {
    const sent = new Array<number>(drawnSeconds).fill(0);
    for (const { at, news } of this.#heard) {
      const place = drawnSeconds - 1 - Math.floor((now - at) / 1000);
      if (place >= 0 && place < drawnSeconds) sent[place]! += sum(news, "sent");
    }
    return sent;
  }
}

/** Counters of a kind, added up. */
function sum({ counts }: News, kind: string): number {
  let all = 0;
  for (const [name, count] of Object.entries(counts))
    if (name === kind || name.startsWith(`${kind}:`)) all += count;
  return all;
}

function botsIn(heard: readonly Heard[]): BotView[] {
  const bots = new Map<string, News[]>();
  for (const { news } of heard) bots.set(news.bot, [...(bots.get(news.bot) ?? []), news]);
  const views = [...bots].map(([bot, all]) => {
    const of = (kind: string) => all.reduce((count, news) => count + sum(news, kind), 0);
    return {
      bot,
      sent: of("sent"),
      duplicates: of("duplicate") + of("updatesDropped"),
      waits: of("waits"),
      waitMs: of("waitMs"),
      floods: of("floods"),
      frozenMs: of("frozenMs"),
      refused: of("refused"),
      failed: of("failed") + of("ambiguous"),
    };
  });
  return views.sort((a, b) => b.sent - a.sent || a.bot.localeCompare(b.bot));
}

function chatsIn(heard: readonly Heard[], seconds: number): (readonly [string, number])[] | undefined {
  const told = heard.filter(({ news }) => news.chats !== undefined);
  if (told.length === 0) return undefined;
  const chats = new Map<string, number>();
  for (const { news } of told)
    for (const [chat, sends] of news.chats ?? []) chats.set(chat, (chats.get(chat) ?? 0) + sends);
  return [...chats].sort(([, a], [, b]) => b - a).map(([chat, sends]) => [chat, sends / seconds] as const);
}
