import { type Guard, methodClass } from "@sendonce/core";
import { Telegram } from "telegraf";
import { guardedOf } from "./guarded-telegram.js";

const watched: unique symbol = Symbol.for("sendonce.telegraf.watched");

/** Bots whose updates go through a `reliability()` middleware, by id. */
type Watched = Map<string, Guard>;

type CallApi = Telegram["callApi"];

/** Warns once when this bot creates a message that the middleware cannot see: by `bot.telegram`, say. */
export function watch(id: string, guard: Guard): void {
  watchedBots().set(id, guard);
}

/** Ends it. */
export function unwatch(id: string, guard: Guard): void {
  const bots = watchedBots();
  if (bots.get(id) === guard) bots.delete(id);
}

/** Wraps `Telegram.prototype.callApi` once, to notice and nothing else; the mark carries the list. */
function watchedBots(): Watched {
  const original = Telegram.prototype.callApi as CallApi & { readonly [watched]?: Watched };
  if (original[watched]) return original[watched];
  const bots: Watched = new Map();
  function callApi(this: Telegram, ...args: Parameters<CallApi>): ReturnType<CallApi> {
    notice(this, args[0], bots);
    return original.apply(this, args);
  }
  Telegram.prototype.callApi = Object.assign(callApi as CallApi, { [watched]: bots });
  return bots;
}

function notice(telegram: Telegram, method: string, bots: Watched): void {
  const guard = bots.get(String(telegram.token).split(":", 1)[0]!);
  if (guard === undefined || guardedOf(telegram) !== undefined) return;
  if (methodClass(method) === "create") guard.warnings.once("uncovered");
}
