import { createEmulator, type Emulator, type EmulatorOptions } from "@sendonce/emulator";
import { type Api, Bot, type BotConfig, type Context } from "grammy";
import { onTestFinished } from "vitest";

export const token = "4242:test-token";
export const botInfo = {
  id: 4242,
  is_bot: true as const,
  first_name: "Test",
  username: "bot4242_bot",
  can_join_groups: true,
  can_read_all_group_messages: false,
  supports_inline_queries: false,
  can_connect_to_business: false,
  has_main_web_app: false,
  has_topics_enabled: false,
  allows_users_to_create_topics: false,
} as never;

/** A local Telegram on a free port, closed when the test ends. */
export async function telegram(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = createEmulator(options);
  await emulator.listen();
  onTestFinished(() => emulator.close());
  return emulator;
}

/** A real grammY bot that talks to the emulator over HTTP. */
export function botAt<C extends Context = Context>(
  emulator: Emulator,
  config: BotConfig<C> = {},
): Bot<C, Api> {
  return new Bot<C, Api>(token, {
    botInfo,
    ...config,
    client: { apiRoot: emulator.url, ...config.client },
  });
}
