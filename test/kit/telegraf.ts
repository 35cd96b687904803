import type { Emulator } from "@sendonce/emulator";
import { type Context, Telegraf, Telegram } from "telegraf";
import { botInfo, serveOn, token } from "./telegram.js";

export { eventually, telegram, textsOf, token } from "./telegram.js";

/** What the emulator says, as Telegraf's own type of an update. */
export type Update = Parameters<Telegraf["handleUpdate"]>[0];

/** A real Telegraf bot that talks to the emulator over HTTP, unguarded. */
export function telegrafAt<C extends Context = Context>(
  emulator: Emulator,
  options: Partial<Telegraf.Options<C>> = {},
): Telegraf<C> {
  const telegram = { apiRoot: emulator.url, ...options.telegram };
  const bot = new Telegraf<C>(token, { ...options, telegram });
  bot.botInfo = botInfo as unknown as NonNullable<Telegraf["botInfo"]>;
  return bot;
}

/** A real Telegram without a bot, unguarded. */
export const telegramAt = (emulator: Emulator): Telegram => new Telegram(token, { apiRoot: emulator.url });

/** Serves the bot's webhook by `webhookCallback` on a free port and tells the emulator about it. */
export async function serveTelegraf<C extends Context>(emulator: Emulator, bot: Telegraf<C>): Promise<void> {
  await serveOn(emulator, bot.webhookCallback("/"));
}
