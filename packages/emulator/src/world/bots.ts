import { ApiError } from "./api-error.js";
import type { Json } from "./json.js";

/** A bot that the emulator knows in advance. */
export interface BotOption {
  token: string;
  username?: string;
  firstName?: string;
}

/** A bot's id, or its token. */
export type BotRef = number | string;

/** What a bot has set about itself, such as commands and descriptions, by method-specific key. */
export interface EmulatedBot {
  readonly id: number;
  username: string;
  firstName: string;
  readonly settings: Map<string, unknown>;
}

/** The bots: any token of the right shape, or only those given. */
export class Bots {
  readonly #byId = new Map<number, EmulatedBot>();
  readonly #tokens: ReadonlySet<string> | undefined;

  constructor(options?: readonly (BotOption | string)[]) {
    const bots = options?.map((bot) => (typeof bot === "string" ? { token: bot } : bot));
    this.#tokens = bots && new Set(bots.map((bot) => bot.token));
    for (const { token, username, firstName } of bots ?? []) {
      const bot = this.get(token);
      if (username) bot.username = username;
      if (firstName) bot.firstName = firstName;
    }
  }

  /** The bot that a request's token belongs to. @throws 401 */
  authorize(token: string): EmulatedBot {
    const known = this.#tokens ? this.#tokens.has(token) : /^\d{1,15}:[\w-]+$/.test(token);
    if (!known) throw new ApiError(401, "Unauthorized");
    return this.get(token);
  }

  /** The bot of that id or token. */
  get(ref: BotRef): EmulatedBot {
    const id = botId(ref);
    const known = this.#byId.get(id);
    if (known) return known;
    const bot = {
      id,
      username: `bot${id}_bot`,
      firstName: `Bot ${id}`,
      settings: new Map<string, unknown>(),
    };
    this.#byId.set(id, bot);
    return bot;
  }
}

/** The digits before the colon. @throws TypeError when there are none */
export function botId(ref: BotRef): number {
  const id = typeof ref === "number" ? ref : Number.parseInt(ref, 10);
  if (!Number.isSafeInteger(id) || id <= 0)
    throw new TypeError("a bot is named by its numeric id or its token");
  return id;
}

/** The bot as the author of a message. */
export const botUser = ({ id, username, firstName }: EmulatedBot): Json => ({
  id,
  is_bot: true,
  first_name: firstName,
  username,
});

/** The answer of getMe. */
export const botSelf = (bot: EmulatedBot): Json => ({
  ...botUser(bot),
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_guest_queries: false,
  supports_inline_queries: true,
  can_connect_to_business: true,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
  can_manage_bots: false,
  supports_join_request_queries: false,
});
