import { badRequest } from "../world/api-error.js";
import { type ChatRef, chatObject, type EmulatedChat } from "../world/chats.js";
import { sha256 } from "../world/files.js";
import { type Json, present, stableNumber } from "../world/json.js";
import type { Message } from "../world/messages.js";
import type { World } from "../world/world.js";

/** Something that a person does in a chat. */
export interface Saying {
  chat: ChatRef;
  /** The words; a leading /command is marked as such. */
  text?: string;
  /** Who: a user id or a whole `User`. In a private chat the person of that chat. */
  from?: number | Json;
  /** Presses a button instead: data as if of the bot's last message in the chat, a label where it last stood; or of the message named. */
  callback?: string | Pressed;
  /** A file that is sent along. */
  document?: { filename: string; bytes: Uint8Array };
  /** The topic. */
  thread?: number;
  /** The message that is answered. */
  replyTo?: number;
  /** Says it to the account behind this business connection: the bot gets a `business_message`. */
  business?: string;
  /** More fields of the message, such as `photo` or `entities`. */
  message?: Json;
}

/** The update that a saying causes, without its update_id. */
export function updateOf(bot: number, saying: Saying, world: World): Json {
  const chat = world.chats.get(saying.chat);
  const from = userOf(saying.from ?? (chat.id > 0 ? chat.id : 1_000_001));
  if (saying.callback !== undefined) return { callback_query: buttonPressed(bot, saying, chat, from, world) };
  const channel = chat.type === "channel";
  const message = world.messages.add(bot, chat, {
    ...(channel ? { sender_chat: chatObject(chat) } : { from }),
    chat: chatObject(chat),
    date: Math.floor(world.now() / 1000),
    ...present({
      text: saying.text,
      entities: commandIn(saying.text),
      message_thread_id: saying.thread,
      is_topic_message: saying.thread === undefined ? undefined : true,
      reply_to_message: world.messages.find(bot, chat, saying.replyTo),
      business_connection_id: saying.business,
      document: saying.document && documentOf(saying.document, world),
    }),
    ...saying.message,
  });
  return { [channel ? "channel_post" : saying.business ? "business_message" : "message"]: message };
}

function buttonPressed(
  bot: number,
  { callback }: Saying,
  chat: EmulatedChat,
  from: Json,
  world: World,
): Json {
  const pressed: Pressed = typeof callback === "string" ? { data: callback } : callback!;
  const offers = (message: Message) => dataOf(pressed, message) !== undefined;
  const message: Message | undefined =
    pressed.messageId === undefined
      ? world.messages.lastOf(bot, chat, offers)
      : world.messages.find(bot, chat, pressed.messageId);
  const data = message && dataOf(pressed, message);
  if (!message || data === undefined) throw badRequest("there is no message with that button to press");
  const id = `${stableNumber(`${bot} ${chat.id} ${data} ${world.now()}`, 1e9)}${message.message_id}`;
  return { id, from, message, chat_instance: String(stableNumber(`chat ${chat.id}`, 1e9)), data };
}

type Pressed = ({ data: string } | { label: string }) & { messageId?: number };

/** The data told, or that of the message's button with the label told. */
function dataOf(pressed: Pressed, { reply_markup }: Message): string | undefined {
  if ("data" in pressed) return pressed.data;
  const rows = ((reply_markup as Json | undefined)?.inline_keyboard ?? []) as Json[][];
  return rows.flat().find(({ text }) => text === pressed.label)?.callback_data as string | undefined;
}

function documentOf({ filename, bytes }: { filename: string; bytes: Uint8Array }, { files }: World): Json {
  const { fileId, uniqueId, size } = files.keep({ filename, bytes, sha256: sha256(bytes) });
  return { file_id: fileId, file_unique_id: uniqueId, file_name: filename, file_size: size };
}

const userOf = (from: number | Json): Json =>
  typeof from === "number"
    ? { id: from, is_bot: false, first_name: `User ${from}`, language_code: "en" }
    : { is_bot: false, first_name: "User", ...from };

function commandIn(text: string | undefined): Json[] | undefined {
  const command = /^\/\w+(@\w+)?/.exec(text ?? "")?.[0];
  return command ? [{ type: "bot_command", offset: 0, length: command.length }] : undefined;
}
