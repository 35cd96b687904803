import { badRequest } from "../world/api-error.js";
import { chatObject, type EmulatedChat } from "../world/chats.js";
import type { Json } from "../world/json.js";
import type { World } from "../world/world.js";
import type { EmulatedUpdate } from "./update.js";
import type { Updates } from "./updates.js";

/** A group that became a supergroup. */
export interface Migration {
  /** The supergroup's id. */
  readonly to: number;
  /** What the bot is told: the last message of the group, and the first of the supergroup. */
  readonly updates: readonly [EmulatedUpdate, EmulatedUpdate];
}

/** Supergroups and channels have ids below this. */
const supergroupsBelow = -1_000_000_000_000;

/**
 * Moves a group to a supergroup, and tells a bot.
 * @throws ApiError when there is no group, or when it has moved elsewhere
 */
export function migrate(
  { bot, group, to }: { bot: number; group: number; to?: number | undefined },
  world: World,
  updates: Updates,
): Migration {
  const from = world.chats.get(group);
  if (from.type !== "group") throw badRequest(`only a group becomes a supergroup, not a ${from.type}`);
  const target = to ?? from.migratedTo ?? supergroupsBelow + group;
  if (target >= supergroupsBelow) throw badRequest(`a supergroup's id is below ${supergroupsBelow}`);
  if ((from.migratedTo ?? target) !== target) throw badRequest(`the group is ${from.migratedTo} already`);
  from.migratedTo = target;
  const supergroup = Object.assign(world.chats.get(target), { title: from.title });
  const told = (chat: EmulatedChat, change: Json) =>
    updates.push(bot, { message: announcement(bot, chat, change, world) });
  return {
    to: target,
    updates: [told(from, { migrate_to_chat_id: target }), told(supergroup, { migrate_from_chat_id: group })],
  };
}

/** The group's creator, who turned it into a supergroup. */
const creator = { id: 1_000_001, is_bot: false, first_name: "User 1000001" };

const announcement = (bot: number, chat: EmulatedChat, change: Json, world: World): Json =>
  world.messages.add(bot, chat, {
    from: creator,
    chat: chatObject(chat),
    date: Math.floor(world.now() / 1000),
    ...change,
  });
