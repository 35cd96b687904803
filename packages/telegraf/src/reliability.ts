import {
  botIdOf,
  type CloseOptions,
  ConfigurationError,
  type Guard,
  type GuardOptions,
  guardFrom,
} from "@sendonce/core";
import type { Context, MiddlewareFn, Telegram } from "telegraf";
import { guardedOf, guardTelegram } from "./guarded-telegram.js";
import { unwatch, watch } from "./uncovered.js";

/** Options of the update guard. */
export interface UpdatesOptions {
  /** Drop an update that was handled before; `false` only opens the scope. @default true */
  drop?: boolean;
}

/** Telegraf middleware, with what belongs to it. */
export interface Reliability extends MiddlewareFn<Context> {
  /** The same middleware, and an update that was handled is not handled again. Install it first. */
  updates(options?: UpdatesOptions): MiddlewareFn<Context>;
  /** The guard behind it: events, store, `run`. */
  readonly guard: Guard;
  /** Takes no more calls, refuses those that wait, lets open requests end, and lets go of what it opened. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Middleware for one bot: every message that handlers after it send by `ctx` goes out once, at the pace
 * Telegram allows. It cannot reach `bot.telegram`, nor handlers before it: for those use {@link install}.
 *
 * @param options the guard's options, or a guard shared between bots
 * @throws ConfigurationError naming the option and the remedy
 * @example bot.use(reliability());
 */
export function reliability(options: GuardOptions | Guard = {}): Reliability {
  const guard = guardFrom(options);
  const bot = new OneBot(guard);
  const middleware = (drop: boolean): MiddlewareFn<Context> =>
    async function sendonce(ctx, next) {
      const name = bot.learn(ctx.telegram.token);
      if (isThrottled(ctx.telegram)) guard.warnings.once("throttlerInside");
      guardTelegram(ctx.telegram, { name, guard });
      const facts = { bot: name, updateId: ctx.update.update_id, userId: ctx.from?.id, drop };
      await guard.handleUpdate(facts, next);
    };
  return Object.assign(middleware(false), {
    guard,
    close: (options?: CloseOptions) => bot.leave(options),
    updates: ({ drop = true }: UpdatesOptions = {}) => middleware(drop),
  });
}

/** Which bot's updates pass through one middleware, told by the first of them. */
class OneBot {
  readonly #guard: Guard;
  #id: string | undefined;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  /** @throws ConfigurationError when updates of a second bot come through the same middleware */
  learn(token: string): string {
    const id = botIdOf(token);
    if (this.#id !== undefined && this.#id !== id) {
      throw new ConfigurationError(
        `two bots (${this.#id} and ${id}) send through one reliability(): give each bot its own, e.g. reliability(guard) with one shared guard = createGuard(options)`,
      );
    }
    if (this.#id === undefined) this.#meet(id);
    return this.#guard.namespace ?? id;
  }

  leave(options?: CloseOptions): Promise<void> {
    if (this.#id !== undefined) unwatch(this.#id, this.#guard);
    return this.#guard.close(options);
  }

  #meet(id: string): void {
    this.#guard.expectBot(id);
    this.#id = id;
    watch(id, this.#guard);
  }
}

/** telegraf-throttler, used before us, has put a function of this name on the ctx's Telegram: it stands inside. */
const isThrottled = (telegram: Telegram): boolean =>
  guardedOf(telegram) === undefined && telegram.callApi.name === "bound newCallApi";
