import type { Json } from "../world/json.js";

/** An update as Telegram sends it. */
export interface EmulatedUpdate extends Json {
  update_id: number;
}

/** What an update is about: the name of its only member beside update_id. */
export const updateType = (update: Json): string | undefined =>
  Object.keys(update).find((name) => name !== "update_id");

/** The chat whose order an update keeps; the user where there is no chat. */
export function laneOf(update: Json): string {
  const about = update[updateType(update) ?? ""] as Json | undefined;
  const message = (about?.message ?? about) as Json | undefined;
  const owner = (message?.chat ?? about?.chat ?? about?.from ?? about?.user) as { id?: number } | undefined;
  return owner?.id === undefined ? "no chat" : String(owner.id);
}

/** The message inside an update, with which the bot may go on: reply to it, edit it, forward it. */
export function messageIn(update: Json): Json | undefined {
  const about = update[updateType(update) ?? ""] as Json | undefined;
  const message = (about?.message ?? about) as Json | undefined;
  return message && typeof message.message_id === "number" && message.chat ? message : undefined;
}
