import { botUser } from "../world/bots.js";
import type { Call } from "../world/call.js";
import { chatObject } from "../world/chats.js";
import { type Json, present, stableNumber } from "../world/json.js";
import type { Message } from "../world/messages.js";
import { numberOf, objectOf, textOf } from "../world/params.js";
import type { World } from "../world/world.js";
import type { Draft } from "./method.js";

/** Puts composed messages into their chats: from here on people have received them. */
export function commit(call: Call, drafts: readonly Draft[], world: World): Message[] {
  return drafts.map((draft) => world.messages.add(call.bot, draft.chat, messageOf(call, draft, world)));
}

function messageOf(call: Call, { chat, content }: Draft, world: World): Json {
  const { params, bot } = call;
  const author = botUser(world.bots.get(bot));
  const inline = objectOf(params, "reply_markup")?.inline_keyboard;
  return present({
    ...(chat.type === "channel" ? { sender_chat: chatObject(chat) } : { from: author }),
    chat: chatObject(chat),
    date: Math.floor(world.now() / 1000),
    business_connection_id: textOf(params, "business_connection_id") || undefined,
    sender_business_bot: params.business_connection_id ? author : undefined,
    ...topicOf(params),
    ...ephemeralOf(params),
    reply_to_message: repliedTo(call, chat, world),
    has_protected_content: params.protect_content === true || undefined,
    effect_id: params.message_effect_id,
    has_media_spoiler: params.has_spoiler === true || undefined,
    ...content,
    reply_markup: inline ? { inline_keyboard: inline } : undefined,
  });
}

function topicOf(params: Json): Json {
  const topic = numberOf(params, "message_thread_id");
  return topic === undefined ? {} : { message_thread_id: topic, is_topic_message: true };
}

function ephemeralOf(params: Json): Json {
  const receiver = objectOf(params, "ephemeral_message_parameters")?.receiver_user_id;
  if (typeof receiver !== "number") return {};
  return {
    receiver_user: { id: receiver, is_bot: false, first_name: `User ${receiver}` },
    ephemeral_message_id: 1 + stableNumber(JSON.stringify(params), 1e9),
  };
}

/** An unknown message is left out, not refused: tests answer updates that never went through the emulator. */
function repliedTo({ bot, params }: Call, chat: Draft["chat"], { messages }: World): Message | undefined {
  const reply = objectOf(params, "reply_parameters");
  const id = numberOf(reply ?? params, reply ? "message_id" : "reply_to_message_id");
  const message = messages.find(bot, chat, id);
  if (!message) return undefined;
  const { reply_to_message: _, ...shallow } = message;
  return structuredClone(shallow) as Message;
}
