import { botIdOf, ConfigurationError, type Guard, senderOf } from "@sendonce/core";
import type { Api } from "grammy";
import { type AnyApi, type AnyBot, isBot } from "./any-bot.js";
import type { PluginBridge } from "./plugin-bridge.js";
import { connect, type ReliabilityOptions } from "./reliability.js";
import { warnAboutInside } from "./wrong-order.js";

const installed: unique symbol = Symbol.for("sendonce.grammy.installed");

/**
 * Puts Sendonce between a bot and Telegram: every call of `bot.api` and `ctx.api` is guarded, and an update
 * that was handled is not handled again. Also takes a bare `Api`, for workers and cron jobs without a bot.
 * Installing twice changes nothing.
 *
 * @param options the guard's options, or a guard shared between bots
 * @returns the very bot (or api), so that it can be written around `new Bot(token)`
 * @throws ConfigurationError naming the option and the remedy
 * @example const bot = install(new Bot(token));
 */
export function install<B extends AnyBot>(bot: B, options?: ReliabilityOptions | Guard): B;
export function install<A extends AnyApi>(api: A, options?: ReliabilityOptions | Guard): A;
export function install(target: AnyBot | AnyApi, options?: ReliabilityOptions | Guard): AnyBot | AnyApi {
  const bot = isBot(target) ? target : undefined;
  const api = bot?.api ?? (target as AnyApi);
  checkTarget(api);
  const guarded = guardedApi(api, options);
  if (bot && !(installed in bot)) {
    Object.defineProperty(bot, installed, { value: true });
    guardUpdates(bot, guarded);
    coverPlugins(bot, guarded.bridge);
  }
  return target;
}

type MarkedApi = Api & { readonly [installed]?: Guarded };

/** What an api was guarded with, so that its bot, installed later, joins in. */
interface Guarded {
  readonly name: string;
  readonly guard: Guard;
  readonly bridge: PluginBridge;
}

function guardedApi(api: MarkedApi, options?: ReliabilityOptions | Guard): Guarded {
  if (api[installed]) return api[installed];
  const id = botIdOf(api.token);
  const { transformer, identity, bridge } = connect(options);
  const guarded = { name: identity.learn(id), guard: transformer.guard, bridge };
  warnAboutInside(api.config.installedTransformers(), guarded.guard);
  api.config.use(transformer);
  Object.defineProperty(api, installed, { value: guarded });
  return guarded;
}

/** grammY looks `handleUpdate` up at call time, in polling and in webhooks alike. */
function guardUpdates(bot: AnyBot, { name, guard }: Guarded): void {
  const original = bot.handleUpdate;
  bot.handleUpdate = async function handleUpdate(update, envelope) {
    const facts = { bot: name, updateId: update.update_id, userId: senderOf(update) };
    await guard.handleUpdate(facts, () => original.call(bot, update, envelope));
  };
}

/** Looked up at call time as well, so that a context is seen before any handler, also those registered earlier. */
function coverPlugins(bot: AnyBot, bridge: PluginBridge): void {
  const original = bot.middleware;
  bot.middleware = function middleware() {
    const handle = original.call(bot);
    return function sendonce(ctx, next) {
      bridge.cover(ctx.api);
      return handle(ctx, next);
    };
  };
}

function checkTarget(api: AnyApi | undefined): void {
  if (typeof api?.config?.use === "function") return;
  throw new ConfigurationError("install() takes a grammY Bot or Api, e.g. install(new Bot(token))");
}
