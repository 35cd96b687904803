import type { Clock } from "../clock.js";
import type { EventName, GuardEvents } from "../observe/events.js";
import { Counts } from "./counts.js";
import { type PostedEvent, postedEvent } from "./news.js";

/** How a bot's diary is kept. */
export interface DiaryOptions {
  readonly clock: Clock;
  /** Chat ids are told. */
  readonly chats: boolean;
}

/** Single events of one second that are told; of the others only the number. */
const mostEvents = 100;
/** Chats that are counted in one second, and of these the busiest that are told. */
const mostChats = 1_000;
const toldChats = 20;

/** What is posted of a bot's diary. */
export interface Page {
  readonly counts: ReadonlyMap<string, number>;
  readonly told: {
    readonly chats?: readonly (readonly [string, number])[];
    readonly events?: readonly PostedEvent[];
    readonly more?: number;
  };
}

/** What happened to one bot since its last post. */
export class BotDiary {
  readonly #options: DiaryOptions;
  readonly #counts = new Counts();
  readonly #chats = new Map<string, number>();
  #events: PostedEvent[] = [];
  #more = 0;
  #listened = false;

  constructor(options: DiaryOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#counts.isEmpty && this.#events.length === 0;
  }

  /** Counts an event, and keeps it while somebody listens. */
  note<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    this.#counts.note(name, event);
    if (this.#options.chats && name === "sent") this.#countChat((event as GuardEvents["sent"]).chat);
    this.tell(name, event);
  }

  /** Keeps an event while somebody listens. */
  tell<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    if (!this.#listened) return;
    if (this.#events.length >= mostEvents) {
      this.#more++;
      return;
    }
    const { clock, chats } = this.#options;
    this.#events.push(postedEvent(name, event, clock.now(), chats));
  }

  /** How many heard the last post: single events cost something, so they are kept for listeners alone. */
  heardBy(listeners: number): void {
    this.#listened = listeners > 0;
  }

  /** Takes what has come together. */
  take(): Page {
    const counts = this.#counts.take();
    const chats = [...this.#chats].sort(([, a], [, b]) => b - a).slice(0, toldChats);
    const told = {
      ...(chats.length > 0 && { chats }),
      ...(this.#events.length > 0 && { events: this.#events }),
      ...(this.#more > 0 && { more: this.#more }),
    };
    this.#chats.clear();
    this.#events = [];
    this.#more = 0;
    return { counts, told };
  }

  /** A post that failed: its numbers wait for the next one, its single events are gone. */
  putBack({ counts }: Page): void {
    this.#counts.putBack(counts);
  }

  #countChat(chat: string | undefined): void {
    if (chat === undefined || (this.#chats.size >= mostChats && !this.#chats.has(chat))) return;
    this.#chats.set(chat, (this.#chats.get(chat) ?? 0) + 1);
  }
}
