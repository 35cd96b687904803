import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type Json, present } from "../world/json.js";
import type { Message } from "../world/messages.js";
import { listOf, numberOf, objectOf } from "../world/params.js";
import type { World } from "../world/world.js";
import { inputMediaContent } from "./albums.js";
import { chatOf } from "./target.js";
import { captionContent, richContent, textContent } from "./text.js";
import { checklistContent, locationContent } from "./things.js";

/** Makes an edit of what `change` says about the message: the edited message, or `true` for an inline one. */
export function edit(change: (call: Call, world: World, message: Message) => Json) {
  return function editMessage(call: Call, world: World): unknown {
    if (call.params.inline_message_id !== undefined) return true;
    const message = ownMessage(call, world, "edit");
    const before = JSON.stringify(comparable(message));
    const { chat, message_id, date } = message;
    const after = { ...message, ...change(call, world, message), chat, message_id, date };
    if (JSON.stringify(comparable(after)) === before) throw notModified();
    Object.assign(message, after, { edit_date: Math.floor(world.now() / 1000) });
    return structuredClone(message);
  };
}

/** What each kind of edit changes. */
export const changes = {
  text: (call: Call) => ({
    ...(call.params.rich_message === undefined
      ? { entities: undefined, ...textContent(call), rich_message: undefined }
      : { ...richContent(call), text: undefined, entities: undefined }),
    ...keyboard(call),
  }),
  caption: (call: Call) => ({
    caption: undefined,
    caption_entities: undefined,
    ...captionContent(call.params),
    ...keyboard(call),
  }),
  media: (call: Call, world: World) => {
    const media = objectOf(call.params, "media");
    if (!media) throw badRequest("can't parse input media JSON object");
    return { caption: undefined, ...NO_MEDIA, ...inputMediaContent(media, call, world), ...keyboard(call) };
  },
  keyboard: (call: Call) => keyboard(call),
  location: (call: Call) => ({ ...locationContent(call), ...keyboard(call) }),
  checklist: (call: Call) => ({ ...checklistContent(call), ...keyboard(call) }),
};

/** Stops a live location; never "not modified". */
export function stopLocation(call: Call, world: World): unknown {
  if (call.params.inline_message_id !== undefined) return true;
  return structuredClone(ownMessage(call, world, "edit"));
}

/** Closes the poll in a message. */
export function stopPoll(call: Call, world: World): unknown {
  const { poll } = ownMessage(call, world, "stop") as unknown as { poll?: Json };
  if (!poll) throw badRequest("message with poll to stop not found");
  if (poll.is_closed) throw badRequest("poll has already been closed");
  return Object.assign(poll, { is_closed: true });
}

/** Deletes one message. */
export function deleteMessage(call: Call, world: World): true {
  if (!world.messages.remove(call.bot, chatOf(call, world), numberOf(call.params, "message_id"))) {
    throw badRequest("message to delete not found");
  }
  return true;
}

/** Deletes those that exist. */
export function deleteMessages(call: Call, world: World): true {
  const chat = chatOf(call, world);
  for (const id of listOf(call.params, "message_ids")) world.messages.remove(call.bot, chat, Number(id));
  return true;
}

/** The message that a call names, whoever wrote it. @throws 400 when there is none */
export function anyMessage(call: Call, world: World, verb: string): Message {
  const id = numberOf(call.params, "message_id");
  const message = world.messages.find(call.bot, chatOf(call, world), id);
  if (!message) throw badRequest(`message to ${verb} not found`);
  return message;
}

/** The bot's own message that a call names. @throws 400 like Telegram */
function ownMessage(call: Call, world: World, verb: string): Message {
  const message = anyMessage(call, world, verb);
  const author = (message.from as Json | undefined)?.id;
  if (author !== undefined && author !== call.bot) throw badRequest(`message can't be ${verb}ed`);
  return message;
}

const NO_MEDIA = Object.fromEntries(
  ["photo", "video", "audio", "document", "animation", "live_photo"].map((kind) => [kind, undefined]),
);

const keyboard = ({ params }: Call): Json => ({ reply_markup: objectOf(params, "reply_markup") });

const comparable = ({ edit_date, ...rest }: Message): Json =>
  present(Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))));

const notModified = () =>
  badRequest(
    "message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  );
