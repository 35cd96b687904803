import { type BotRef, botId } from "../world/bots.js";
import type { ChatRef } from "../world/chats.js";
import { findDoubled } from "./doubled.js";
import type { Delivery, Doubled, Received, RequestRecord } from "./records.js";

/** Picks records; what is left out matches all. */
export interface RecordFilter {
  bot?: BotRef;
  chat?: ChatRef;
  method?: string;
}

/** Who received what, when and how often, and what was asked of the server on the way. */
export class Ledger {
  #received: Received[] = [];
  #requests: RequestRecord[] = [];
  readonly #deliveries = new Map<number, Delivery[]>();
  readonly #chatId: (ref: ChatRef) => number | undefined;

  constructor(chatId: (ref: ChatRef) => number | undefined) {
    this.#chatId = chatId;
  }

  /** What people received, oldest first: everybody, or one chat. */
  received(chat?: ChatRef): Received[] {
    return this.#pick(this.#received, chat === undefined ? {} : { chat });
  }

  /** How many messages were received; an album counts each item. `text` is compared with text and caption. */
  count(filter: RecordFilter & { text?: string } = {}): number {
    const { text } = filter;
    const picked = this.#pick(this.#received, filter);
    return text === undefined
      ? picked.length
      : picked.filter((r) => r.text === text || r.caption === text).length;
  }

  /** Content that one chat received more than once from one bot. */
  doubled(): Doubled[] {
    return findDoubled(this.#received);
  }

  /** Every request, in the order of arrival; those in flight have status 0. */
  requests(filter: RecordFilter = {}): RequestRecord[] {
    return this.#pick(this.#requests, filter);
  }

  /** The requests that were answered 429. */
  floods(filter: RecordFilter = {}): RequestRecord[] {
    return this.requests(filter).filter(({ status }) => status === 429);
  }

  /** The requests that came while their chat or bot was still told to wait. */
  duringFlood(filter: RecordFilter = {}): RequestRecord[] {
    return this.requests(filter).filter(({ duringFlood }) => duringFlood);
  }

  /** The attempts to deliver updates to a bot's webhook, in the order they ended. */
  deliveries(bot: BotRef): Delivery[] {
    return [...(this.#deliveries.get(botId(bot)) ?? [])];
  }

  /** Forgets everything that is recorded; limits, chats and messages stay as they are. */
  clear(): void {
    this.#received = [];
    this.#requests = [];
    this.#deliveries.clear();
  }

  /** @internal */
  noteReceived(received: Received): void {
    this.#received.push(received);
  }

  /** @internal */
  noteRequest(request: RequestRecord): RequestRecord {
    this.#requests.push(request);
    return request;
  }

  /** @internal */
  noteDelivery(bot: number, delivery: Delivery): void {
    const known = this.#deliveries.get(bot);
    if (known) known.push(delivery);
    else this.#deliveries.set(bot, [delivery]);
  }

  #pick<T extends { bot: number; chat?: number; method: string }>(
    records: readonly T[],
    filter: RecordFilter,
  ): T[] {
    const bot = filter.bot === undefined ? undefined : botId(filter.bot);
    const chat = filter.chat === undefined ? undefined : this.#chatId(filter.chat);
    const method = filter.method?.toLowerCase();
    return records.filter(
      (record) =>
        (bot === undefined || record.bot === bot) &&
        (filter.chat === undefined || record.chat === chat) &&
        (method === undefined || record.method.toLowerCase() === method),
    );
  }
}
