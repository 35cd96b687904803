import {
  botIdOf,
  ConfigurationError,
  type Guard,
  type GuardOptions,
  guardFrom,
  senderOf,
} from "@sendonce/core";
import type { Telegraf, Telegram } from "telegraf";
import { type Guarded, guardedOf, guardTelegram } from "./guarded-telegram.js";

const installed: unique symbol = Symbol.for("sendonce.telegraf.installed");

// biome-ignore lint/suspicious/noExplicitAny: bots of every context
type AnyBot = Telegraf<any>;

/**
 * Puts Sendonce between a bot and Telegram: every call of `bot.telegram` and of every `ctx` is guarded,
 * whether its handler was registered before or after, and an update that was handled is not handled again.
 * Also takes a bare `Telegram`, for workers and cron jobs without a bot. Installing twice changes nothing.
 *
 * Webhook replies are off from then on: a call answered in the webhook's own response can never be confirmed.
 *
 * @param options the guard's options, or a guard shared between bots
 * @returns the very bot (or Telegram), so that it can be written around `new Telegraf(token)`
 * @throws ConfigurationError naming the option and the remedy
 * @example const bot = install(new Telegraf(token));
 */
export function install<B extends AnyBot>(bot: B, options?: GuardOptions | Guard): B;
export function install<T extends Telegram>(telegram: T, options?: GuardOptions | Guard): T;
export function install(target: AnyBot | Telegram, options?: GuardOptions | Guard): AnyBot | Telegram {
  const bot = isBot(target) ? target : undefined;
  const telegram = bot?.telegram ?? (target as Telegram);
  checkTarget(telegram);
  const guarded = guardedTelegram(telegram, options);
  if (bot && !(installed in bot)) guardBot(bot, telegram, guarded);
  return target;
}

function guardedTelegram(telegram: Telegram, options?: GuardOptions | Guard): Guarded {
  const known = guardedOf(telegram);
  if (known) return known;
  const id = botIdOf(telegram.token);
  const guard = guardFrom(options);
  guard.expectBot(id);
  const guarded = { name: guard.namespace ?? id, guard };
  guardTelegram(telegram, guarded);
  return guarded;
}

function guardBot(bot: AnyBot, telegram: Telegram, { name, guard }: Guarded): void {
  Object.defineProperty(bot, installed, { value: true });
  shareWithContexts(bot, telegram);
  warnOfTimeout(bot, guard);
  const original = bot.handleUpdate;
  bot.handleUpdate = async function handleUpdate(update, response) {
    // A context that somebody put in the place of the one that was prepared.
    if (!Object.hasOwn(bot.context, "telegram")) shareWithContexts(bot, telegram);
    const facts = { bot: name, updateId: update.update_id, userId: senderOf(update) };
    await guard.handleUpdate(facts, () => original.call(bot, update, response));
    // Telegraf ends it when a handler was run; an update that is dropped is confirmed here.
    if (response?.writableEnded === false) response.end();
  };
}

/**
 * Telegraf copies `bot.context` into each ctx, over the unguarded Telegram that it made for it. Every ctx gets
 * a view of its own, as it had a Telegram of its own: plugins replace `ctx.telegram.callApi` for one update, handlers
 * change its options, and neither must pile up on the bot's.
 */
function shareWithContexts(bot: AnyBot, telegram: Telegram): void {
  const { context } = bot;
  const own = { enumerable: true, configurable: true };
  Object.defineProperty(context, "telegram", {
    ...own,
    get: () => viewOf(telegram),
    set: (value) => Object.defineProperty(context, "telegram", { ...own, value, writable: true }),
  });
}

function viewOf(telegram: Telegram): Telegram {
  const options = { value: { ...telegram.options }, writable: true, enumerable: true };
  return Object.create(telegram, { options }) as Telegram;
}

/** Telegraf's own default for `handlerTimeout`. */
const usualTimeoutMs = 90_000;

/** Telegraf keeps its options to itself; where they are not found, its default holds. */
function warnOfTimeout(bot: AnyBot, guard: Guard): void {
  const { options } = bot as unknown as { readonly options?: { readonly handlerTimeout?: unknown } };
  const timeoutMs = options?.handlerTimeout ?? usualTimeoutMs;
  if (typeof timeoutMs === "number" && guard.maxWaitMs.inside >= timeoutMs) {
    guard.warnings.once("handlerTimeout");
  }
}

const isBot = (target: AnyBot | Telegram): target is AnyBot =>
  typeof (target as Partial<AnyBot> | undefined)?.handleUpdate === "function";

function checkTarget(telegram: Telegram | undefined): void {
  if (typeof telegram?.callApi === "function") return;
  throw new ConfigurationError(
    "install() takes a Telegraf bot or a Telegram, e.g. install(new Telegraf(token))",
  );
}
