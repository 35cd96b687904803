import { badRequest } from "../world/api-error.js";
import { botUser } from "../world/bots.js";
import type { Call } from "../world/call.js";
import { chatObject } from "../world/chats.js";
import { type Json, present } from "../world/json.js";
import { numberOf, textOf } from "../world/params.js";
import type { World } from "../world/world.js";
import { chatOf, destination } from "./target.js";

/** Opens a topic; its id is that of the service message that announces it. */
export function createTopic(call: Call, world: World): Json {
  const chat = destination(call, world);
  const name = textOf(call.params, "name");
  if (name === "") throw badRequest("TOPIC_TITLE_EMPTY");
  const icon_color = numberOf(call.params, "icon_color") ?? 0x6fb9f0;
  const announcement = world.messages.add(call.bot, chat, {
    from: botUser(world.bots.get(call.bot)),
    chat: chatObject(chat),
    date: Math.floor(world.now() / 1000),
    forum_topic_created: { name, icon_color },
  });
  chat.topics.set(announcement.message_id, { name, closed: false });
  const { icon_custom_emoji_id } = call.params;
  return present({ message_thread_id: announcement.message_id, name, icon_color, icon_custom_emoji_id });
}

/** Renames a topic. */
export function editTopic(call: Call, world: World): true {
  const topic = topicOf(call, world);
  topic.name = textOf(call.params, "name") || topic.name;
  return true;
}

/** Closes or opens a topic. @throws 400 when it already is */
export const closeTopic = (closed: boolean) =>
  function closeOrReopenTopic(call: Call, world: World): true {
    const topic = topicOf(call, world);
    if (topic.closed === closed) throw badRequest("TOPIC_NOT_MODIFIED");
    topic.closed = closed;
    return true;
  };

/** Deletes a topic. */
export function deleteTopic(call: Call, world: World): true {
  topicOf(call, world);
  chatOf(call, world).topics.delete(numberOf(call.params, "message_thread_id")!);
  return true;
}

function topicOf(call: Call, world: World) {
  const topic = chatOf(call, world).topics.get(numberOf(call.params, "message_thread_id") ?? 0);
  if (!topic) throw badRequest("message thread not found");
  return topic;
}
