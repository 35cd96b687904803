import { sha256 } from "../world/files.js";
import type { Doubled, Received } from "./records.js";

/** Groups what was received more than once: same bot, chat, method and content. */
export function findDoubled(received: readonly Received[]): Doubled[] {
  const groups = new Map<string, Received[]>();
  for (const one of received) {
    const key = `${one.bot} ${one.chat} ${one.method} ${one.item ?? ""} ${contentHash(one)}`;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()].filter((group) => group.length > 1).map(describe);
}

function describe(group: Received[]): Doubled {
  const { bot, chat, method, text, caption } = group[0]!;
  const words = text ?? caption;
  return {
    bot,
    chat,
    method,
    ...(words === undefined ? {} : { text: words }),
    times: group.length,
    received: group,
  };
}

/** The chat may be named by id or by `@name`: it stands in the group's key as a number and is left out here. */
function contentHash({ payload: { chat_id: _, ...content } }: Received): string {
  return sha256(JSON.stringify(sortedKeys(content)));
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, item]) => [name, sortedKeys(item)]));
}
