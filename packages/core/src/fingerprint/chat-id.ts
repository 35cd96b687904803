/**
 * The fields in which Telegram takes an id as a number or as its decimal string, and a username in any case.
 * Only at the top of a payload: deeper ones (`reply_parameters.chat_id`) are written one way by one bot, and
 * two spellings there cost a missed match, never a wrong one.
 */
const chatFields: ReadonlySet<string> = new Set(["chat_id", "from_chat_id"]);

// Telegram reads usernames as ASCII; lower-casing more would make different names equal.
const username = /^"@\w+"$/;
const id = /^("?)(-?\d+)\1$/;

/** Whether this field of a payload names a chat. */
export function isChatField(name: string): boolean {
  return chatFields.has(name);
}

/**
 * One token per chat from the JSON text of its field: `#-100` for an id however it was written, `@name` for
 * a username, anything else unchanged. None of the three can spell another.
 */
export function chatToken(json: string): string {
  const written = id.exec(json);
  if (written) return `#${written[2]}`;
  return username.test(json) ? json.slice(1, -1).toLowerCase() : json;
}
