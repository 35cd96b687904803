import { hashOf } from "../fingerprint/index.js";

export { operationRecords } from "../parts/operation-key.js";

/**
 * The record id of a message that was sent with `delivery({ key })`.
 *
 * @param chat as the guard writes chats: a number in decimals, `@name` in lower case, empty where the call names none
 * @param content the content hash, where `onMismatch: "send"` makes it part of the key
 */
export const givenKeyId = (secret: string | undefined, chat: string, key: string, content = ""): string =>
  `k${hashOf(secret, chat, key, content)}`;
