import { ToldToWait } from "../limits/told-to-wait.js";
import type { Call } from "../world/call.js";

/** Methods that Telegram's floods do not hold up. */
const UNTOUCHED = /^(get|answer|set(?!MessageReaction)|delete(MyCommands|Webhook))/;

/** Who was told to wait, and which requests come in spite of it. */
export class Floods {
  readonly #told = new ToldToWait();
  readonly #enforced = new ToldToWait();

  /** Remembers that this call's chat (or its whole bot) was told to wait `seconds` from `now` (ms). */
  tell(call: Call, chat: number | undefined, scope: "chat" | "bot", seconds: number, now: number): void {
    this.#told.tell(who(call, chat, scope), now + seconds * 1000);
  }

  /** Refuses everything to this call's chat (or from its whole bot) for `seconds` from `now`. */
  enforce(call: Call, chat: number | undefined, scope: "chat" | "bot", seconds: number, now: number): void {
    this.#enforced.tell(who(call, chat, scope), now + seconds * 1000);
  }

  /** Who still has to wait, of the chat and the bot of this call. */
  hitBy(call: Call, chat: number | undefined, now: number): "chat" | "bot" | undefined {
    const { ofBot, ofChat } = remaining(this.#told, call, chat, now);
    if (ofBot > 0) return "bot";
    return ofChat > 0 ? "chat" : undefined;
  }

  /** Whole seconds that an enforced flood still holds this call; 0 when none does. */
  enforcedSeconds(call: Call, chat: number | undefined, now: number): number {
    const { ofBot, ofChat } = remaining(this.#enforced, call, chat, now);
    return Math.ceil(Math.max(ofBot, ofChat) / 1000);
  }
}

/** A chat as the limits see it: one per bot, business connection and chat. */
export const placeOf = ({ bot, params }: Call, chat: number): string =>
  `${bot}:${String(params.business_connection_id ?? "")}:${chat}`;

function remaining(told: ToldToWait, call: Call, chat: number | undefined, now: number) {
  if (chat === undefined || UNTOUCHED.test(call.method)) return { ofBot: 0, ofChat: 0 };
  return { ofBot: told.remainingMs(`${call.bot}`, now), ofChat: told.remainingMs(placeOf(call, chat), now) };
}

const who = (call: Call, chat: number | undefined, scope: "chat" | "bot") =>
  scope === "bot" || chat === undefined ? `${call.bot}` : placeOf(call, chat);
