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

  /** Whether the call comes to a chat, or from a bot, that still has to wait. */
  hitBy(call: Call, chat: number | undefined, now: number): boolean {
    return remaining(this.#told, call, chat, now) > 0;
  }

  /** Whole seconds that an enforced flood still holds this call; 0 when none does. */
  enforcedSeconds(call: Call, chat: number | undefined, now: number): number {
    return Math.ceil(remaining(this.#enforced, call, chat, now) / 1000);
  }
}

/** A chat as the limits see it: one per bot, business connection and chat. */
export const placeOf = ({ bot, params }: Call, chat: number): string =>
  `${bot}:${String(params.business_connection_id ?? "")}:${chat}`;

function remaining(told: ToldToWait, call: Call, chat: number | undefined, now: number): number {
  if (chat === undefined || UNTOUCHED.test(call.method)) return 0;
  return Math.max(told.remainingMs(placeOf(call, chat), now), told.remainingMs(`${call.bot}`, now));
}

const who = (call: Call, chat: number | undefined, scope: "chat" | "bot") =>
  scope === "bot" || chat === undefined ? `${call.bot}` : placeOf(call, chat);
