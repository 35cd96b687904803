import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import type { ChatRef, EmulatedChat } from "../world/chats.js";
import type { Json } from "../world/json.js";
import type { Message } from "../world/messages.js";
import { listOf, numberOf } from "../world/params.js";
import type { World } from "../world/world.js";
import type { Draft } from "./method.js";
import { destination } from "./target.js";
import { captionContent } from "./text.js";

/** Fields that belong to the place where a message stands, not to what it says. */
const PLACE_FIELDS = new Set(
  `message_id date chat from sender_chat edit_date message_thread_id is_topic_message reply_to_message reply_markup
  business_connection_id media_group_id has_protected_content forward_origin effect_id`.split(/\s+/),
);

/** A copy of one message, with the call's caption if it has one. @throws 400 when there is no such message */
export function composeCopy(call: Call, world: World): Draft[] {
  const chat = destination(call, world);
  const source = sourceMessage(call, world, numberOf(call.params, "message_id"));
  if (!source) throw badRequest("message to copy not found");
  return [{ chat, content: { ...contentOf(source), ...captionContent(call.params) } }];
}

/** Copies of several messages; unknown ones are skipped. */
export function composeCopies(call: Call, world: World): Draft[] {
  const chat = destination(call, world);
  const bare = call.params.remove_caption === true;
  return sources(call, world, "copy").map((source) => {
    const { caption, caption_entities, ...rest } = contentOf(source);
    return { chat, content: bare ? rest : contentOf(source) };
  });
}

/** A forward of one message. @throws 400 when there is no such message */
export function composeForward(call: Call, world: World): Draft[] {
  const chat = destination(call, world);
  const source = sourceMessage(call, world, numberOf(call.params, "message_id"));
  if (!source) throw badRequest("message to forward not found");
  return [forwarded(source, chat)];
}

/** Forwards of several messages; unknown ones are skipped. */
export function composeForwards(call: Call, world: World): Draft[] {
  const chat = destination(call, world);
  return sources(call, world, "forward").map((source) => forwarded(source, chat));
}

function forwarded(source: Message, chat: EmulatedChat): Draft {
  return {
    chat,
    content: { ...contentOf(source), forward_origin: source.forward_origin ?? originOf(source) },
  };
}

function originOf({ date, chat, from, message_id }: Message): Json {
  if (chat.type === "channel") return { type: "channel", date, chat, message_id };
  return from
    ? { type: "user", date, sender_user: from }
    : { type: "hidden_user", date, sender_user_name: "" };
}

function sources(call: Call, world: World, verb: string): Message[] {
  const found = listOf(call.params, "message_ids").map((id) => sourceMessage(call, world, Number(id)));
  const known = found.filter((message) => message !== undefined);
  if (known.length === 0) throw badRequest(`there are no messages to ${verb}`);
  return known;
}

function sourceMessage({ bot, params }: Call, { chats, messages }: World, id: number | undefined) {
  if (params.from_chat_id === undefined) throw badRequest("from_chat_id is empty");
  return messages.find(bot, chats.get(params.from_chat_id as ChatRef), id);
}

const contentOf = (message: Message): Json =>
  Object.fromEntries(Object.entries(message).filter(([name]) => !PLACE_FIELDS.has(name)));
