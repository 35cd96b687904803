import { realTarget } from "../demo/real-target.js";
import { type Circumstances, LocalTelegram } from "./kit/local-telegram.js";
import { RealTelegram } from "./kit/real-telegram.js";
import type { Telegram } from "./kit/telegram.js";

/**
 * The Telegram of the examples. Without further ado a local one inside this process, which redelivers and loses
 * answers on demand; with BOT_TOKEN and CHAT_ID the real one. A bot of yours needs nothing of this.
 *
 * @throws Error that says what is wrong with BOT_TOKEN, CHAT_ID or API_ROOT; it never quotes the token
 */
export async function openTelegram(circumstances: Circumstances = {}): Promise<Telegram> {
  const target = realTarget(process.env);
  return target ? new RealTelegram(target) : LocalTelegram.open(circumstances);
}
