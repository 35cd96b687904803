import type { Payload } from "../call.js";
import { ConfigurationError } from "../errors.js";
import { methodClass } from "../methods.js";

/** Whom a broadcast goes to: a chat id, an @name, or an object with `chat_id` and whatever the message needs. */
export type Recipient = number | string | { readonly chat_id: number | string };

/**
 * What a broadcast says: a text, or the fields of a Bot API method without `chat_id`. The method is told by the
 * fields (`text`, `photo`, `media`, `from_chat_id` …) or by `method`.
 */
export type BroadcastMessage = string | ({ readonly method?: string } & Payload);

/** The same for everybody, or written for each, at once or after a look into a database. */
export type MessageFor<R extends Recipient> =
  | BroadcastMessage
  | ((recipient: R) => BroadcastMessage | Promise<BroadcastMessage>);

/** What is sent, but for its recipient. */
export interface Letter {
  readonly method: string;
  /** Without `chat_id`. */
  readonly fields: Payload;
}

/** Field that only one method has → that method. Ones that several methods have are not here. */
const methodByField: readonly (readonly [field: string, method: string])[] = [
  ["text", "sendMessage"],
  ["animation", "sendAnimation"],
  ["photo", "sendPhoto"],
  ["video_note", "sendVideoNote"],
  ["video", "sendVideo"],
  ["audio", "sendAudio"],
  ["document", "sendDocument"],
  ["voice", "sendVoice"],
  ["sticker", "sendSticker"],
  ["media", "sendMediaGroup"],
  ["question", "sendPoll"],
  ["phone_number", "sendContact"],
  ["address", "sendVenue"],
  ["latitude", "sendLocation"],
  ["from_chat_id", "copyMessage"],
];

/**
 * The method and the fields of a message.
 * @throws ConfigurationError when the method cannot be told by the fields, or sends no message
 */
export function letterOf(written: BroadcastMessage): Letter {
  if (typeof written === "string") return { method: "sendMessage", fields: { text: written } };
  if (typeof written !== "object" || written === null) {
    throw new ConfigurationError(
      'the message of a broadcast must be a text or the fields of a method, e.g. { text: "Hi", parse_mode: "HTML" }',
    );
  }
  const { method: named, chat_id: _, ...fields } = written;
  const method = typeof named === "string" ? named : methodOf(fields);
  if (methodClass(method) === "create") return { method, fields };
  throw new ConfigurationError(
    `a broadcast sends messages, each once; ${method} is not known to send one, so it is not remembered who had it`,
  );
}

function methodOf(fields: Payload): string {
  const found = methodByField.find(([field]) => fields[field] !== undefined);
  if (found) return found[1];
  throw new ConfigurationError(
    `the message of a broadcast has none of the fields that name a method (${methodByField.map(([field]) => field).join(", ")}): add method, e.g. { method: "sendInvoice", … }`,
  );
}

/**
 * The chat of a recipient.
 * @throws ConfigurationError for anything that is no chat
 */
export function chatIdOf(recipient: Recipient): number | string {
  const id = typeof recipient === "object" && recipient !== null ? recipient.chat_id : recipient;
  if (Number.isSafeInteger(id) && id !== 0) return id;
  if (typeof id === "string" && id !== "") return id;
  throw new ConfigurationError(
    "a recipient of a broadcast must be a chat id (a whole number), an @name, or an object with such a chat_id",
  );
}
