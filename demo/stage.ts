import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator, type Emulator, type EmulatorOptions } from "@sendonce/emulator";
import { Api, type Bot, type BotConfig, type Context, webhookCallback } from "grammy";

/** A token that only the local Telegram takes: that of the bot on stage, unless another one is named. */
export const token = "4242:local-telegram-only";

/** A Telegram of its own for one side of a scenario, and a web server for its bot; real sockets on 127.0.0.1. */
export class Stage {
  readonly telegram: Emulator;
  /** Whether this side installs Sendonce. */
  readonly guarded: boolean;
  /** Of the bot on this stage. */
  readonly token: string;
  #server: Server | undefined;

  private constructor(telegram: Emulator, guarded: boolean, botToken: string) {
    this.telegram = telegram;
    this.guarded = guarded;
    this.token = botToken;
  }

  /** Opens a stage. Whoever opens it closes it. */
  static async open(guarded: boolean, options: EmulatorOptions = {}, botToken = token): Promise<Stage> {
    const telegram = createEmulator(options);
    await telegram.listen();
    return new Stage(telegram, guarded, botToken);
  }

  /** What `new Bot(token, …)` needs to talk to the local Telegram instead of the real one. */
  get config(): BotConfig<Context> {
    return { client: { apiRoot: this.telegram.url } };
  }

  /** Puts the bot behind a web server and tells Telegram where it is. */
  async serve(bot: Bot, options: { timeoutMilliseconds?: number } = {}): Promise<void> {
    const handle = webhookCallback(bot, "http", options);
    this.#server = createServer((request, response) => {
      handle(request, response).catch(() => {
        if (!response.headersSent) response.writeHead(500);
        response.end();
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, "127.0.0.1", resolve));
    const { port } = this.#server.address() as AddressInfo;
    await this.aim(`http://127.0.0.1:${port}/`);
  }

  /** Tells Telegram where the bot listens. */
  async aim(url: string): Promise<void> {
    await new Api(this.token, { apiRoot: this.telegram.url }).setWebhook(url);
  }

  /** A person writes to the bot; answers when, in ms since 1970. */
  say(chat: number, text: string): number {
    const at = Date.now();
    this.telegram.say(this.token, { chat, text });
    return at;
  }

  /** Waits until the bot has taken every update. @throws Error when it does not */
  async quiet(withinMs = 15_000): Promise<void> {
    const until = performance.now() + withinMs;
    while (this.telegram.pending(this.token) > 0) {
      if (performance.now() > until)
        throw new Error(`the bot did not take its updates within ${withinMs} ms`);
      await pause(10);
    }
  }

  async close(): Promise<void> {
    await this.telegram.close();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

/** Waits `ms` milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
