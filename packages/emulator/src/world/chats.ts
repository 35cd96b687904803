import { ApiError, badRequest } from "./api-error.js";
import { type Json, present, stableNumber } from "./json.js";

/** A chat's id, or the `@name` of a channel or public group. */
export type ChatRef = number | string;

/** A chat of the emulated Telegram. Tests change it by writing to it. */
export interface EmulatedChat {
  readonly id: number;
  type: "private" | "group" | "supergroup" | "channel";
  title: string;
  username?: string;
  description?: string;
  /** Whether the group has topics. */
  forum: boolean;
  /** The user stopped the bot: 403. */
  blocked: boolean;
  /** The user's account is gone: 403. */
  deactivated: boolean;
  /** The bot was removed from the group: 403. */
  kicked: boolean;
  /** The group became this supergroup: 400 with `migrate_to_chat_id`. */
  migratedTo?: number;
  /** Open topics by message_thread_id; filled by createForumTopic. */
  topics: Map<number, { name: string; closed: boolean }>;
}

/** Every chat there is; one that is named for the first time is created. */
export class Chats {
  readonly #byId = new Map<number, EmulatedChat>();

  /** The chat of that id or `@name`. @throws 400 "chat not found" when it is neither */
  get(ref: ChatRef): EmulatedChat {
    const id = this.idOf(ref);
    if (id === undefined) throw badRequest("chat not found");
    const known = this.#byId.get(id);
    if (known) return known;
    const chat = newChat(id, ref);
    this.#byId.set(id, chat);
    return chat;
  }

  /** The numeric id of a chat, without creating it; undefined when `ref` names none. */
  idOf(ref: unknown): number | undefined {
    if (typeof ref === "string" && /^@\w+$/.test(ref)) return this.#idOfName(ref.slice(1).toLowerCase());
    const id = typeof ref === "string" && ref.trim() !== "" ? Number(ref) : ref;
    return typeof id === "number" && Number.isSafeInteger(id) && id !== 0 ? id : undefined;
  }

  #idOfName(name: string): number {
    for (const chat of this.#byId.values()) if (chat.username?.toLowerCase() === name) return chat.id;
    return -1_001_000_000_000 - stableNumber(name, 900_000_000);
  }
}

/** The chat that a bot wants to write to. @throws the 403 or 400 that Telegram gives when it may not */
export function writable(chat: EmulatedChat): EmulatedChat {
  if (chat.blocked) throw new ApiError(403, "Forbidden: bot was blocked by the user");
  if (chat.deactivated) throw new ApiError(403, "Forbidden: user is deactivated");
  if (chat.kicked) throw new ApiError(403, `Forbidden: bot was kicked from the ${chat.type} chat`);
  if (chat.migratedTo !== undefined) {
    throw badRequest("group chat was upgraded to a supergroup chat", { migrate_to_chat_id: chat.migratedTo });
  }
  return chat;
}

/** The `Chat` object of the Bot API. */
export function chatObject({ id, type, title, username, forum }: EmulatedChat): Json {
  if (type === "private") return present({ id, first_name: title, username, type });
  return present({ id, title, username, type, is_forum: forum || undefined });
}

function newChat(id: number, ref: ChatRef): EmulatedChat {
  const named = typeof ref === "string" && ref.startsWith("@");
  const type = id > 0 ? "private" : named ? "channel" : id <= -1_000_000_000_000 ? "supergroup" : "group";
  return {
    id,
    type,
    title: id > 0 ? `User ${id}` : named ? ref.slice(1) : `Chat ${-id}`,
    ...(named ? { username: ref.slice(1) } : {}),
    forum: false,
    blocked: false,
    deactivated: false,
    kicked: false,
    topics: new Map(),
  };
}
