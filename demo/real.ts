import { delivery, deliveryOf, install } from "@sendonce/grammy";
import { Bot, GrammyError, HttpError } from "grammy";
import type { RealTarget } from "./real-target.js";
import { paint } from "./style.js";

/**
 * The harmless part, against the real Telegram: two messages reach the chat, though four are asked for.
 * @throws Error without the token in it
 */
export async function runAgainstTelegram({ token, chat, apiRoot }: RealTarget): Promise<boolean> {
  const bot = install(new Bot(token, { client: { apiRoot, timeoutSeconds: 20 } }));
  const keyed = { ...delivery({ key: `demo-${Date.now()}` }) };
  try {
    const { username } = await bot.api.getMe();
    console.log(paint.bold(`Sendonce demo as @${username}: four sends, two messages.`));
    const byContent = await twice("same text", () =>
      bot.api.sendMessage(chat, "Sendonce demo: sent twice, received once."),
    );
    const byKey = await twice("same key", () =>
      bot.api.sendMessage(chat, "Sendonce demo: one key, one message.", keyed),
    );
    return byContent && byKey;
  } catch (error) {
    throw new Error(plainWords(error).replaceAll(token, "<token>"));
  }
}

/** Sends, sends again, and tells what came of it. */
async function twice(how: string, send: () => Promise<{ message_id: number }>): Promise<boolean> {
  const first = await send();
  const second = await send();
  const replayed = deliveryOf(second)?.replayed === true && second.message_id === first.message_id;
  console.log(`   ${how.padEnd(10)} first: message ${first.message_id}, sent`);
  const outcome = replayed ? paint.green("replayed, nothing was sent") : paint.red("sent again");
  console.log(`   ${"".padEnd(10)} again: message ${second.message_id}, ${outcome}`);
  return replayed;
}

function plainWords(error: unknown): string {
  if (error instanceof GrammyError) return `Telegram answered ${error.error_code}: ${error.description}`;
  if (error instanceof HttpError) return `${error.message} Is Telegram within reach?`;
  return error instanceof Error ? error.message : String(error);
}
