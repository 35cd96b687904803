import type { FileSource, Payload } from "../call.js";

/** What a caller wants to have delivered: any object that says to whom. */
export type PostData = object;

const chatFields = ["chat_id", "chatId", "channel_id", "channelId"] as const;
const userFields = ["user_id", "userId"] as const;

/** The post as the guard reads it: its chat under Telegram's own name. The post itself is left alone. */
export function payloadOf(post: PostData): Payload {
  const fields = { ...post } as Record<PropertyKey, unknown>;
  const chat = firstId(fields, chatFields) ?? firstId((fields.chat ?? {}) as object, ["id"]);
  return chat === undefined ? fields : { ...fields, chat_id: chat };
}

/** Whom the post is sent for, if it says so: the `user` rule is theirs. */
export function userOf(post: PostData): string | number | undefined {
  return firstId(post, userFields);
}

function firstId(fields: object, names: readonly string[]): string | number | undefined {
  const values = names.map((name) => (fields as Record<string, unknown>)[name]);
  return values.find(
    (value): value is string | number => typeof value === "number" || typeof value === "string",
  );
}

/** Objects of a post that reading would spoil, or that refuse to be read: they do not count as content. */
export function opaqueOf(value: object): FileSource | undefined {
  return flows(value) || refusesJson(value) ? { kind: "stream" } : undefined;
}

const flows = (value: object): boolean =>
  typeof (value as { pipe?: unknown }).pipe === "function" ||
  typeof (value as { getReader?: unknown }).getReader === "function" ||
  Symbol.asyncIterator in value;

/** A framework's file object throws when somebody writes it as JSON. */
function refusesJson(value: object): boolean {
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON !== "function") return false;
  try {
    toJSON.call(value, "");
    return false;
  } catch {
    return true;
  }
}
