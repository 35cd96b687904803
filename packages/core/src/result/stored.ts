import type { Call } from "../call.js";
import { resultShape } from "../methods.js";
import { bareJson } from "./bare.js";
import { isMessage, packed, packedHere } from "./packed-message.js";
import { fieldsOf, wholeNumber } from "./reading.js";

/**
 * How much of a result is kept for those who ask again.
 * - `minimal`: ids, date, chat and the like; never a text
 * - `full`: everything that Telegram answered
 * - `none`: only that it was sent
 */
export type ResultMode = "minimal" | "full" | "none";

/**
 * The letter in front of a stored result. It is the version too: a form that changes takes a new letter, and
 * who meets a letter that it does not know treats it as `sent`.
 */
export const forms = {
  /** Nothing kept. */
  sent: "n",
  /** One message. */
  message: "m",
  /** One message, in the chat that the call names. */
  here: "h",
  /** A list of messages. */
  messages: "l",
  /** A message id, or a list of them. */
  ids: "i",
  /** JSON, as it is. */
  json: "j",
  /** Any of these, as `idempotency.codec` made it. */
  encoded: "e",
} as const;

/**
 * A result for the store; a text message to a chat that the payload names by its number takes 20 bytes. Never throws:
 * whatever the result holds, the message was sent, and that is the one thing that must not be lost.
 */
export function storedResult(
  { method, payload }: Pick<Call, "method" | "payload">,
  result: unknown,
  mode: ResultMode,
): string | undefined {
  try {
    if (mode === "none") return forms.sent;
    return (mode === "full" ? full(result) : undefined) ?? minimal(method, result, payload) ?? forms.sent;
  } catch {
    // A getter that throws, or something else that never came out of Telegram's JSON.
    return forms.sent;
  }
}

function full(result: unknown): string | undefined {
  const json = tryJson(result);
  return json === undefined ? undefined : forms.json + json;
}

function tryJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/** By what the result is, not by what the method should answer: a plugin may have changed it. */
function minimal(method: string, result: unknown, payload: unknown): string | undefined {
  if (isMessage(result)) {
    const here = packedHere(result, fieldsOf(payload) ?? {});
    return here ? forms.here + JSON.stringify(here) : forms.message + JSON.stringify(packed(result));
  }
  const id = messageId(result);
  if (id !== undefined) return forms.ids + id;
  if (Array.isArray(result) && result.length > 0) {
    if (result.every(isMessage)) return forms.messages + JSON.stringify(result.map(packed));
    const ids = result.map(messageId);
    if (ids.every((each) => each !== undefined)) return forms.ids + JSON.stringify(ids);
  }
  // Where a message was due, a string could be its text.
  if (typeof result === "string" && resultShape(method) !== "other") return undefined;
  const json = bareJson(result);
  return json === undefined ? undefined : forms.json + json;
}

function messageId(value: unknown): number | undefined {
  return wholeNumber(fieldsOf(value)?.message_id);
}
