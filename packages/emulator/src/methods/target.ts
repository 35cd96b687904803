import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type ChatRef, type EmulatedChat, writable } from "../world/chats.js";
import { numberOf } from "../world/params.js";
import type { World } from "../world/world.js";

/** The chat that a call names in `chat_id`. @throws 400 when it names none */
export function chatOf({ params }: Call, { chats }: World): EmulatedChat {
  const ref = params.chat_id;
  if (ref === undefined || ref === "") throw badRequest("chat_id is empty");
  return chats.get(ref as ChatRef);
}

/** The chat that a call writes to. @throws 403 or 400 when the bot may not */
export function destination(call: Call, world: World): EmulatedChat {
  const chat = writable(chatOf(call, world));
  const topic = numberOf(call.params, "message_thread_id");
  if (topic !== undefined && chat.topics.get(topic)?.closed) throw badRequest("TOPIC_CLOSED");
  return chat;
}
