import type { Payload } from "../../call.js";
import type { Guard } from "../../guard.js";
import type { EventName } from "../../observe/events.js";
import type { AdapterBot, CallsInside, LawUpdate } from "./adapter-binding.js";

/** What a law needs to know of a message. */
export interface Message {
  readonly message_id: number;
  readonly date: number;
  readonly chat: { readonly id: number };
  readonly text?: string;
  readonly caption?: string;
  readonly document?: { readonly file_id: string };
}

/** A handler as laws write it. */
export type LawHandler = (inside: CallsInside, update: LawUpdate) => Promise<unknown>;

/** What is told outside: events by name, and lines and warnings of the logger. */
export interface Told {
  readonly events: { readonly name: EventName; readonly event: object }[];
  readonly lines: unknown[][];
}

/** A bot of the framework behind the adapter, as laws use it. Calls are started, not awaited. */
export class LawBot {
  readonly guard: Guard;
  readonly told: Told;
  /** What the handler does with the next updates. */
  handler: LawHandler = async () => {};
  /** How often the handler has been run. */
  runs = 0;
  readonly #bot: AdapterBot;

  constructor(bot: AdapterBot, guard: Guard, told: Told) {
    this.#bot = bot;
    this.guard = guard;
    this.told = told;
  }

  /** Starts a call. */
  call<Result = Message>(method: string, payload: Payload = {}, signal?: AbortSignal): Promise<Result> {
    return heeded(this.#bot.call(method, payload, signal)) as Promise<Result>;
  }

  /** Starts a plain message. */
  text(chat: number | string, text: string, extra: object = {}): Promise<Message> {
    return this.call("sendMessage", { chat_id: chat, text, ...extra });
  }

  /** The same by the framework's short form. */
  send(chat: number | string, text: string, extra: object = {}): Promise<Message> {
    return heeded(this.#bot.send!(chat, text, extra)) as Promise<Message>;
  }

  /** Hands the bot an update. */
  handle(update: LawUpdate): Promise<void> {
    return heeded(this.#bot.handle(update));
  }

  /** Events of one kind. */
  events(name: EventName): readonly object[] {
    return this.told.events.filter((one) => one.name === name).map(({ event }) => event);
  }
}

/** A law looks at a failure when it comes to it; until then nobody else need hear of it. */
function heeded<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}
