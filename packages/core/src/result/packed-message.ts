import { chatOf, chatOfPayload, chatTypeCode } from "./chat.js";
import { fileOfMessage, mediaFields, mediaOf, storedFile } from "./media.js";
import { type Fields, fieldsOf, identifier, known, wholeNumber } from "./reading.js";

/** `[message_id, date, chat.id, chat type]` and, where there is more to keep, an object with it. */
export type PackedMessage = readonly [number, number, number, number | string, Fields?];

/** `[message_id, date]` of a message in the chat that its call names, and an object where there is more to keep. */
export type PackedHere = readonly [number, number, Fields?];

/** Stored name → field of a Message, for plain numbers. */
const numberFields = { t: "message_thread_id", e: "ephemeral_message_id" } as const;

/** Stored name → field of a Message, for identifiers. */
const idFields = { g: "media_group_id", b: "business_connection_id" } as const;

/** Whether Telegram's answer is a message, whatever else it holds. */
export function isMessage(value: unknown): value is Fields {
  const message = fieldsOf(value);
  return (
    wholeNumber(message?.message_id) !== undefined && wholeNumber(fieldsOf(message?.chat)?.id) !== undefined
  );
}

/** What is kept of a message: facts and identifiers, nothing that anybody wrote. */
export function packed(message: Fields): PackedMessage {
  const chat = fieldsOf(message.chat) ?? {};
  const head = [
    wholeNumber(message.message_id) ?? 0,
    wholeNumber(message.date) ?? 0,
    wholeNumber(chat.id) ?? 0,
    chatTypeCode(chat.type),
  ] as const;
  if (!hasDetails(message)) return head;
  const more = known(details(message));
  return Object.keys(more).length > 0 ? [...head, more] : head;
}

/** The same without its chat, where the payload names that by its number and the number tells its type. */
export function packedHere(message: Fields, payload: Fields): PackedHere | undefined {
  const [messageId, date, chatId, type, more] = packed(message);
  const named = chatOfPayload(payload);
  const isNamed = named.username === undefined && chatId !== 0 && named.id === chatId;
  if (!isNamed || named.type !== chatOf(chatId, type).type) return undefined;
  return more ? [messageId, date, more] : [messageId, date];
}

/** A message of the call's chat with that chat. */
export function broughtHere([messageId, date, more]: PackedHere, payload: Fields): PackedMessage {
  const { id, type } = chatOfPayload(payload);
  const head = [messageId, date, id, chatTypeCode(type)] as const;
  return more === undefined ? head : [...head, more];
}

/** Whether a value from the store is a message in this form. */
export function isPackedHere(value: unknown): value is PackedHere {
  return Array.isArray(value) && Number.isSafeInteger(value[0]) && Number.isSafeInteger(value[1]);
}

/** Fields of a Message of which something is kept beside its head. Most messages have none. */
const detailed: ReadonlySet<string> = new Set([
  ...mediaFields,
  ...Object.values(numberFields),
  ...Object.values(idFields),
  "poll",
  "dice",
]);

function hasDetails(message: Fields): boolean {
  for (const name in message) if (detailed.has(name)) return true;
  return false;
}

function details(message: Fields): Fields {
  const file = fileOfMessage(message);
  return {
    t: wholeNumber(message.message_thread_id),
    e: wholeNumber(message.ephemeral_message_id),
    g: identifier(message.media_group_id),
    b: identifier(message.business_connection_id),
    p: identifier(fieldsOf(message.poll)?.id),
    d: wholeNumber(fieldsOf(message.dice)?.value),
    ...(file && { [file.field]: file.fileId }),
  };
}

/** Whether a value from the store is a message in this form. */
export function isPacked(value: unknown): value is PackedMessage {
  return (
    Array.isArray(value) && value.slice(0, 3).length === 3 && value.slice(0, 3).every(Number.isSafeInteger)
  );
}

/** The facts of a stored message as fields of a Message; what only the payload knows is not in it. */
export function unpacked([messageId, date, chatId, type, more]: PackedMessage, payload: Fields): Fields {
  const stored = fieldsOf(more) ?? {};
  const file = storedFile(stored);
  return known({
    message_id: messageId,
    date,
    chat: chatOf(chatId, type),
    ...renamed(stored, numberFields, wholeNumber),
    ...renamed(stored, idFields, identifier),
    ...(file && mediaOf(file, payload)),
  });
}

/** `poll.id` of a stored message. */
export function pollIdOf(message: PackedMessage): string | undefined {
  return identifier(message[4]?.p);
}

/** `dice.value` of a stored message. */
export function diceValueOf(message: PackedMessage): number | undefined {
  return wholeNumber(message[4]?.d);
}

function renamed(
  stored: Fields,
  names: Readonly<Record<string, string>>,
  read: (value: unknown) => unknown,
): Fields {
  return Object.fromEntries(Object.entries(names).map(([short, field]) => [field, read(stored[short])]));
}
