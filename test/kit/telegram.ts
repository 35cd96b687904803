import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { VirtualClock } from "@sendonce/core/testing";
import { createEmulator, type Emulator, type EmulatorOptions } from "@sendonce/emulator";
import { createGuard, type GuardOptions, install } from "@sendonce/grammy";
import { Api, Bot, type BotConfig, type Context, webhookCallback } from "grammy";
import { onTestFinished } from "vitest";

export const token = "4242:test-token";
export const botInfo = {
  id: 4242,
  is_bot: true as const,
  first_name: "Test",
  username: "bot4242_bot",
} as unknown as NonNullable<BotConfig<Context>["botInfo"]>;

/** A local Telegram on a free port, closed when the test ends. */
export async function telegram(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = createEmulator(options);
  await emulator.listen();
  onTestFinished(() => emulator.close());
  return emulator;
}

/** A real grammY bot that talks to the emulator over HTTP, unguarded. */
export function botAt<C extends Context = Context>(emulator: Emulator, config: BotConfig<C> = {}): Bot<C> {
  return new Bot<C>(token, { botInfo, ...config, client: { apiRoot: emulator.url, ...config.client } });
}

/** A real grammY Api without a bot, unguarded. */
export const apiAt = (emulator: Emulator): Api => new Api(token, { apiRoot: emulator.url });

/** A Telegram and a guarded bot that live in virtual time, without sockets. */
export function virtualTelegram(options?: EmulatorOptions & { guard?: GuardOptions }) {
  const clock = new VirtualClock();
  const emulator = createEmulator({ ...options, clock });
  onTestFinished(() => emulator.close());
  const client = { fetch: emulator.fetch as unknown as typeof fetch };
  const guard = createGuard({ ...options?.guard, clock });
  const bot = install(new Bot(token, { botInfo, client }), guard);
  return { clock, emulator, bot, guard };
}

/** Serves the bot's webhook on a free port and tells the emulator about it. */
export async function serveWebhook<C extends Context>(
  emulator: Emulator,
  bot: Bot<C>,
  options: { timeoutMilliseconds?: number } = {},
): Promise<void> {
  await serveOn(emulator, webhookCallback(bot, "http", { timeoutMilliseconds: 10_000, ...options }));
}

/** Serves a webhook's handler, of whatever framework, on a free port and tells the emulator about it. */
export async function serveOn(
  emulator: Emulator,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<unknown>,
): Promise<void> {
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  await apiAt(emulator).setWebhook(`http://127.0.0.1:${port}/`);
}

/** Waits until `condition` holds; real time, for what crosses a socket. */
export async function eventually(condition: () => boolean, what: string, withinMs = 10_000): Promise<void> {
  const until = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`did not happen within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The texts that a chat received, in order. */
export const textsOf = (emulator: Emulator, chat: number | string): (string | undefined)[] =>
  emulator.ledger.received(chat).map(({ text, caption }) => text ?? caption);
