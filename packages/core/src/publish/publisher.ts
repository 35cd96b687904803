import type { Clock } from "../clock.js";
import { ownerToken } from "../job.js";
import type { EventName, Events, GuardEvents } from "../observe/events.js";
import type { StoreMode } from "../store/failover.js";
import type { Board } from "../store/port.js";
import { BotDiary, type DiaryOptions } from "./bot-diary.js";
import { countedEvents } from "./counts.js";
import type { News } from "./news.js";
import { type PostedRules, rulesToText } from "./posted-rules.js";

/** What a publisher needs of its guard. */
export interface PublisherOptions extends PostedRules {
  readonly board: Board;
  readonly events: Events;
  readonly clock: Clock;
  /** Chat ids leave the process. */
  readonly chats: boolean;
  /** The calls of this process right now. */
  readonly calls: () => { readonly open: number; readonly waiting: number };
  readonly mode: () => StoreMode;
  /** Told when the server does not let this user publish. */
  readonly onDenied: () => void;
}

/** How often a bot's news are posted, in ms. */
const everyMs = 1_000;
/** How often the rules are posted again, so that they outlive the counters beside them, in ms. */
const rulesEveryMs = 3_600_000;
/** Bots whose news are kept at once; a guard serves one, rarely some. */
const mostBots = 1_000;

/** Events that tell of no bot: they are told with the news of each. */
const fleetWide: readonly EventName[] = ["mode", "storeError", "dropped"];

/**
 * Posts what happened, once a second and bot, and nothing while nothing happens. On the way of a send there is a
 * listener that counts; a board that is away is tried again a second later with what has come together since.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #diaries = new Map<string, BotDiary>();
  readonly #from = ownerToken();
  readonly #stops: (() => void)[] = [];
  readonly #posting = new Map<string, Promise<void>>();
  readonly #rulesPostedAt = new Map<string, number>();
  #messages = 0;
  #denied = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
    for (const name of countedEvents) this.#listen(name, (event) => this.#noteFor(event, name));
    for (const name of fleetWide)
      this.#listen(name, (event) => {
        for (const diary of this.#diaries.values()) diary.tell(name, event as never);
      });
    this.#stops.push(options.clock.every(everyMs, () => void this.#postAll()));
  }

  /** Posts what is left and stops. */
  async close(): Promise<void> {
    this.#stop();
    await Promise.all(this.#posting.values());
    await this.#postAll();
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #listen(name: EventName, listener: (event: GuardEvents[EventName]) => void): void {
    this.#stops.push(this.#options.events.on(name, listener));
  }

  #noteFor(event: GuardEvents[EventName], name: EventName): void {
    const { bot } = event as { readonly bot: string };
    this.#diaryOf(bot)?.note(name, event as never);
  }

  #diaryOf(bot: string): BotDiary | undefined {
    const known = this.#diaries.get(bot);
    if (known || this.#diaries.size >= mostBots) return known;
    const { clock, chats }: DiaryOptions = this.#options;
    const diary = new BotDiary({ clock, chats });
    this.#diaries.set(bot, diary);
    return diary;
  }

  async #postAll(): Promise<void> {
    if (this.#denied) return;
    await Promise.all([...this.#diaries].map(([bot, diary]) => this.#postOnce(bot, diary)));
  }

  /** One message of a bot is under way at a time. */
  #postOnce(bot: string, diary: BotDiary): Promise<void> {
    if (diary.isEmpty || this.#posting.has(bot)) return Promise.resolve();
    const posting = this.#post(bot, diary).finally(() => this.#posting.delete(bot));
    this.#posting.set(bot, posting);
    return posting;
  }

  async #post(bot: string, diary: BotDiary): Promise<void> {
    const { board, clock, calls, mode, onDenied } = this.#options;
    const page = diary.take();
    const at = Math.round(clock.now());
    const news: News = {
      v: 1,
      bot,
      from: this.#from,
      n: this.#messages++,
      at,
      mode: mode(),
      ...calls(),
      counts: Object.fromEntries(page.counts),
      ...page.told,
    };
    const rules = this.#rulesDue(bot, at);
    const post = { bot, at, counts: page.counts, news: JSON.stringify(news), ...(rules && { rules }) };
    const answer = await board.post(post).catch(() => undefined);
    if (answer === undefined) return diary.putBack(page);
    if (rules) this.#rulesPostedAt.set(bot, at);
    diary.heardBy(answer.listeners);
    if (!answer.denied || this.#denied) return;
    this.#denied = true;
    this.#stop();
    onDenied();
  }

  #rulesDue(bot: string, now: number): string | undefined {
    const postedAt = this.#rulesPostedAt.get(bot);
    if (postedAt !== undefined && now - postedAt < rulesEveryMs) return undefined;
    const { rules, ceiling } = this.#options;
    return rulesToText({ rules, ceiling });
  }
}
