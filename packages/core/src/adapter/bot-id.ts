import { ConfigurationError } from "../errors.js";

/**
 * The bot's id: the digits before the colon of its token.
 * @throws ConfigurationError for anything else; the message holds nothing of what was given
 */
export function botIdOf(token: unknown): string {
  const id = typeof token === "string" ? /^(\d+):./.exec(token)?.[1] : undefined;
  if (id !== undefined) return id;
  throw new ConfigurationError(
    "the bot token is empty or not a token: it looks like 123456:ABC-DEF… and comes from @BotFather",
  );
}
