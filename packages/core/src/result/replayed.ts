import type { Call } from "../call.js";
import { costOf, resultShape } from "../methods.js";
import { chatOfPayload } from "./chat.js";
import { contentOf } from "./content.js";
import {
  broughtHere,
  diceValueOf,
  isPacked,
  isPackedHere,
  type PackedMessage,
  pollIdOf,
  unpacked,
} from "./packed-message.js";
import { type Fields, fieldsOf, wholeNumber } from "./reading.js";
import { forms } from "./stored.js";

/**
 * The result of a call that was sent before: a fresh object each time, because callers change what they get
 * (`hydrate` adds methods to it). What was stored comes from the store, what the message says from the
 * caller's own payload.
 *
 * When nothing was kept (`result: "none"`, a lost or unreadable result) a message is answered with
 * `message_id: 0` and `date: 0`, as Telegram marks messages that it cannot show, in the chat of the payload;
 * other methods answer `true`. Whatever was stored, it does not throw.
 */
export function replayedResult(call: Call, stored: string | undefined): unknown {
  const body = stored === undefined ? undefined : parsed(stored.slice(1));
  const result = body === undefined ? undefined : read(call, stored?.[0], body);
  return result === undefined ? untold(call) : result;
}

/** Telegram's results have fewer than 20 levels. One of thousands would overflow the stack of whoever writes it as JSON. */
const deepest = 200;

function isShallow(value: unknown, left: number): boolean {
  const fields = fieldsOf(value);
  return (
    fields === undefined || (left > 0 && Object.values(fields).every((item) => isShallow(item, left - 1)))
  );
}

/** Undefined for what was cut off, written by something else, or holds nothing. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function read(call: Call, form: string | undefined, body: unknown): unknown {
  switch (form) {
    case forms.message:
      return isPacked(body) ? message(call, body, payloadOf(call)) : undefined;
    case forms.here:
      return isPackedHere(body)
        ? message(call, broughtHere(body, payloadOf(call)), payloadOf(call))
        : undefined;
    case forms.messages:
      return Array.isArray(body) && body.every(isPacked) ? album(call, body) : undefined;
    case forms.ids:
      return Array.isArray(body) ? body.map(messageId) : identified(call, body);
    case forms.json:
      return isShallow(body, deepest) ? body : undefined;
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

/** Where a message was due and only its id came, the rest is filled in as if nothing had been kept. */
function identified(call: Call, id: unknown): Fields {
  if (resultShape(call.method) !== "message") return messageId(id);
  return { ...(untold(call) as Fields), ...messageId(id) };
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
