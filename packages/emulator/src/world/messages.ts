import type { EmulatedChat } from "./chats.js";
import type { Json } from "./json.js";

/** A message as the Bot API shows it. */
export interface Message extends Json {
  message_id: number;
  date: number;
  chat: Json;
}

/** All messages, by the place where they stand. Ids rise by one per place; private chats are a place per bot. */
export class Messages {
  readonly #places = new Map<string, Map<number, Message>>();
  readonly #lastIds = new Map<string, number>();

  /** Adds a message under the next id of its place. */
  add(bot: number, chat: EmulatedChat, content: Omit<Json, "message_id">): Message {
    const place = placeOf(bot, chat);
    const id = (this.#lastIds.get(place) ?? 0) + 1;
    const message = { message_id: id, ...content } as Message;
    this.put(bot, chat, message);
    return message;
  }

  /** Puts a message that already has an id: one that came in a raw update. */
  put(bot: number, chat: EmulatedChat, message: Message): void {
    const place = placeOf(bot, chat);
    this.#lastIds.set(place, Math.max(message.message_id, this.#lastIds.get(place) ?? 0));
    const messages = this.#places.get(place) ?? new Map<number, Message>();
    messages.set(message.message_id, message);
    this.#places.set(place, messages);
  }

  /** The message of that id. */
  find(bot: number, chat: EmulatedChat, id: number | undefined): Message | undefined {
    return id === undefined ? undefined : this.#places.get(placeOf(bot, chat))?.get(id);
  }

  /** The bot's newest message in the chat; of those that `suits` takes, if told. */
  lastOf(bot: number, chat: EmulatedChat, suits?: (message: Message) => boolean): Message | undefined {
    const all = [...(this.#places.get(placeOf(bot, chat))?.values() ?? [])];
    return all.findLast(
      (message) => (message.from as Json | undefined)?.id === bot && (suits?.(message) ?? true),
    );
  }

  /** Deletes a message; false when there is none. */
  remove(bot: number, chat: EmulatedChat, id: number | undefined): boolean {
    return id !== undefined && (this.#places.get(placeOf(bot, chat))?.delete(id) ?? false);
  }
}

const placeOf = (bot: number, chat: EmulatedChat) =>
  chat.type === "private" ? `${bot}:${chat.id}` : `${chat.id}`;
