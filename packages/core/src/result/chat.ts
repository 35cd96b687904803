import type { Fields } from "./reading.js";

/** In the order of their numbers in the store; only ever add at the end. */
const chatTypes = ["private", "group", "supergroup", "channel"] as const;

/** One digit for the types of today, the word itself for one that comes tomorrow, -1 for none. */
export function chatTypeCode(type: unknown): number | string {
  const code = (chatTypes as readonly unknown[]).indexOf(type);
  return code < 0 && typeof type === "string" && /^\w{1,32}$/.test(type) ? type : code;
}

/** A chat from its stored id and type. */
export function chatOf(id: number, code: unknown): { id: number; type: string } {
  if (typeof code === "string") return { id, type: code };
  // The store may have been written to by others: nothing but a number is a place in the list.
  const known = typeof code === "number" ? chatTypes[code] : undefined;
  return { id, type: known ?? typeFromId(id) };
}

/**
 * The chat that a payload names, for results of which nothing was stored. A username has no id that we
 * know (0), and -100… may be a channel as well.
 */
export function chatOfPayload(payload: Fields): { id: number; type: string; username?: string } {
  const given = payload.chat_id ?? payload.user_id;
  if (typeof given === "string" && given.startsWith("@")) {
    return { id: 0, type: "channel", username: given.slice(1) };
  }
  const id = typeof given === "number" || typeof given === "string" ? Number(given) : 0;
  return chatOf(Number.isSafeInteger(id) ? id : 0, -1);
}

function typeFromId(id: number): string {
  if (id >= 0) return "private";
  return id <= -1_000_000_000_000 ? "supergroup" : "group";
}
