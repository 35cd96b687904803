import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type EmulatedChat, writable } from "../world/chats.js";
import { type Json, present, stableNumber } from "../world/json.js";
import type { Message } from "../world/messages.js";
import { numberOf, textOf } from "../world/params.js";
import type { World } from "../world/world.js";
import type { Draft } from "./method.js";
import { chatOf } from "./target.js";
import { captionContent } from "./text.js";

/** A gift to `user_id` or `chat_id`. */
export function composeGift(call: Call, world: World): Draft[] {
  const { params } = call;
  const gift = { id: textOf(params, "gift_id"), star_count: 15 };
  if (gift.id === "") throw badRequest("gift_id is empty");
  const chat = params.user_id === undefined ? chatOf(call, world) : userChat(call, world);
  return [{ chat: writable(chat), content: { gift: present({ gift, text: params.text }) } }];
}

/** Telegram Premium as a gift to `user_id`. */
export function composePremiumGift(call: Call, world: World): Draft[] {
  const content = {
    premium_gift: { month_count: call.params.month_count, text: textOf(call.params, "text") },
  };
  return [{ chat: writable(userChat(call, world)), content }];
}

/** A story in the name of a business account. */
export function composeStory(call: Call, world: World): Draft[] {
  return [{ chat: accountChat(call, world), content: { story: true, ...captionContent(call.params) } }];
}

/** The `Story` object. */
export const storyOf = ([message]: Message[]): Json => ({ chat: message!.chat, id: message!.message_id });

/** The private chat of the account behind a business connection. @throws 400 without a connection */
export function accountChat({ params }: Call, { chats }: World): EmulatedChat {
  const connection = textOf(params, "business_connection_id");
  if (connection === "") throw badRequest("business connection not found");
  return chats.get(1_000_000 + stableNumber(connection, 1_000_000_000));
}

function userChat({ params }: Call, { chats }: World): EmulatedChat {
  const user = numberOf(params, "user_id");
  if (user === undefined) throw badRequest("invalid user_id specified");
  return chats.get(user);
}
