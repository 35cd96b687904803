import { currentUpdate, insideUpdate, openUpdate, senderOf } from "@sendonce/core";
import { Bot } from "grammy";
import { lookInside } from "./wrong-order.js";

const tracked = Symbol.for("sendonce.grammy.tracked");

/**
 * Lets a bare transformer know which update it answers: wraps `Bot.prototype.handleUpdate` once, to open the
 * update's scope, to look once at what was installed before it, and for nothing else. A transformer gets no ctx and no update_id from grammY.
 */
export function trackUpdates(): void {
  const original = Bot.prototype.handleUpdate;
  if (tracked in original) return;
  async function handleUpdate(this: Bot, ...args: Parameters<Bot["handleUpdate"]>): Promise<void> {
    const [update] = args;
    lookInside(this.api);
    if (currentUpdate()?.updateId === update.update_id) return original.apply(this, args);
    const bot = /^\d+(?=:)/.exec(this.token)?.[0];
    const scope = bot === undefined ? undefined : openUpdate(bot, update.update_id, senderOf(update));
    return insideUpdate(scope, () => original.apply(this, args));
  }
  Bot.prototype.handleUpdate = Object.assign(handleUpdate, { [tracked]: true });
}
