import type { Exchange } from "../serving/exchange.js";
import type { Call } from "../world/call.js";
import type { EmulatedChat } from "../world/chats.js";
import type { Json } from "../world/json.js";
import type { Message } from "../world/messages.js";
import type { World } from "../world/world.js";

/** A message that is checked and ready, but not sent. */
export interface Draft {
  chat: EmulatedChat;
  /** What makes the message: text, photo, poll … */
  content: Json;
}

/** A method that puts messages into chats: composed first, then charged to the limits, then committed. */
export interface CreatingMethod {
  compose(call: Call, world: World): Draft[];
  /** The answer made of the committed messages; the single message unless told otherwise. */
  answer?(messages: Message[]): unknown;
  /** The limits do not count it. */
  free?: true;
}

/** Any other method: does something and answers. */
export interface ActingMethod {
  act(call: Call, world: World, exchange: Exchange): unknown;
  /** `edit`: counted when `limits.editsCount`. `message`: counted like a message. */
  counts?: "edit" | "message";
}

/** A method of the Bot API. */
export type Method = CreatingMethod | ActingMethod;

/** Whether the method puts messages into chats. */
export const isCreating = (method: Method): method is CreatingMethod => "compose" in method;
