import type { Call } from "../call.js";
import { costOf, resultShape } from "../methods.js";
import { chatOfPayload } from "./chat.js";
import { contentOf } from "./content.js";
import { diceValueOf, isPacked, type PackedMessage, pollIdOf, unpacked } from "./packed-message.js";
import { type Fields, fieldsOf, wholeNumber } from "./reading.js";
import { forms } from "./stored.js";

/**
 * The result of a call that was sent before: a fresh object each time, because callers change what they get
 * (`hydrate` adds methods to it). What was stored comes from the store, what the message says from the
 * caller's own payload.
 *
 * When nothing was kept (`result: "none"`, a lost or unreadable result) a message is answered with
 * `message_id: 0` and `date: 0`, as Telegram marks messages that it cannot show, in the chat of the payload;
 * other methods answer `true`. Never throws.
 */
export function replayedResult(call: Call, stored: string | undefined): unknown {
  return (stored ? rebuilt(call, stored) : undefined)?.result ?? untold(call);
}

function rebuilt(call: Call, stored: string): { readonly result: unknown } | undefined {
  try {
    const body: unknown = stored === forms.sent ? undefined : JSON.parse(stored.slice(1));
    return { result: read(call, stored[0], body) };
  } catch {
    // Cut off or written by something else.
    return undefined;
  }
}

function read(call: Call, form: string | undefined, body: unknown): unknown {
  switch (form) {
    case forms.message:
      return isPacked(body) ? message(call, body, payloadOf(call)) : undefined;
    case forms.messages:
      return Array.isArray(body) && body.every(isPacked) ? album(call, body) : undefined;
    case forms.ids:
      return Array.isArray(body) ? body.map(messageId) : messageId(body);
    case forms.json:
      return body;
    default:
      return undefined;
  }
}

function message(call: Call, stored: PackedMessage, said: Fields): Fields {
  const kept = { pollId: pollIdOf(stored), diceValue: diceValueOf(stored) };
  return { ...unpacked(stored, said), ...contentOf(call.method, said, kept) };
}

/** Each message of an album says what stands in its own item. */
function album(call: Call, stored: readonly PackedMessage[]): unknown[] {
  const { media } = payloadOf(call);
  const items: readonly unknown[] = Array.isArray(media) ? media : [];
  return stored.map((each, i) => message(call, each, fieldsOf(items[i]) ?? {}));
}

function messageId(id: unknown): Fields {
  return { message_id: wholeNumber(id) ?? 0 };
}

function untold(call: Call): unknown {
  const payload = payloadOf(call);
  const many = () => Array.from({ length: costOf(call.method, payload) });
  const blank = (): PackedMessage => [0, 0, 0, -1];
  const placed = (content: Fields) => ({ ...content, chat: chatOfPayload(payload) });
  switch (resultShape(call.method)) {
    case "message":
      return placed(message(call, blank(), payload));
    case "messages":
      return (album(call, many().map(blank)) as Fields[]).map(placed);
    case "message_id":
      return messageId(0);
    case "message_ids":
      return many().map(() => messageId(0));
    case "other":
      return true;
  }
}

function payloadOf(call: Call): Fields {
  return fieldsOf(call.payload) ?? {};
}
