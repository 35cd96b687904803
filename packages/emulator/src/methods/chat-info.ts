import { badRequest } from "../world/api-error.js";
import { botUser } from "../world/bots.js";
import type { Call } from "../world/call.js";
import { chatObject } from "../world/chats.js";
import { type Json, present, stableNumber } from "../world/json.js";
import { numberOf, textOf } from "../world/params.js";
import type { World } from "../world/world.js";
import { chatOf } from "./target.js";

/** `ChatFullInfo`. */
export function getChat(call: Call, world: World): Json {
  const chat = chatOf(call, world);
  return {
    ...chatObject(chat),
    accent_color_id: 0,
    max_reaction_count: 11,
    accepted_gift_types: {
      unlimited_gifts: true,
      limited_gifts: true,
      unique_gifts: true,
      premium_subscription: true,
      gifts_from_channels: true,
    },
    ...present({ description: chat.description }),
    ...(chat.type === "private" ? {} : { permissions: { can_send_messages: true } }),
  };
}

/** The bot itself is an administrator, everybody else a member. */
export function getMember(call: Call, world: World): Json {
  chatOf(call, world);
  const id = numberOf(call.params, "user_id");
  if (id === undefined) throw badRequest("invalid user_id specified");
  if (id === call.bot) return administrator(call, world);
  return { status: "member", user: { id, is_bot: false, first_name: `User ${id}` } };
}

/** The bot, as the only administrator. */
export function getAdministrators(call: Call, world: World): Json[] {
  if (chatOf(call, world).type === "private")
    throw badRequest("there are no administrators in the private chat");
  return [administrator(call, world)];
}

/** Changes what a chat shows about itself. */
export const setChat = (field: "title" | "description") =>
  function setChatField(call: Call, world: World): true {
    chatOf(call, world)[field] = textOf(call.params, field);
    return true;
  };

/** An invite link; the same call gives the same link. */
export function inviteLink(call: Call, world: World): Json {
  const chat = chatOf(call, world);
  const { name, expire_date, member_limit, subscription_period, subscription_price } = call.params;
  return present({
    invite_link: textOf(call.params, "invite_link") || linkTo(chat.id),
    creator: botUser(world.bots.get(call.bot)),
    creates_join_request: call.params.creates_join_request === true,
    is_primary: false,
    is_revoked: call.method === "revokeChatInviteLink",
    name,
    expire_date,
    member_limit,
    subscription_period,
    subscription_price,
  });
}

/** The chat's primary invite link. */
export const exportInviteLink = (call: Call, world: World) => linkTo(chatOf(call, world).id);

/** What an administrator may do when nothing was set. */
export const ADMINISTRATOR_RIGHTS = Object.fromEntries(
  `can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members can_promote_members
  can_change_info can_invite_users can_post_stories can_edit_stories can_delete_stories can_pin_messages
  can_manage_topics can_send_welcome_messages`
    .split(/\s+/)
    .map((right) => [right, true]),
);

const administrator = (call: Call, world: World): Json => ({
  status: "administrator",
  user: botUser(world.bots.get(call.bot)),
  can_be_edited: false,
  is_anonymous: false,
  ...ADMINISTRATOR_RIGHTS,
});

const linkTo = (chat: number) => `https://t.me/+${stableNumber(`invite ${chat}`, 2 ** 31).toString(36)}`;
