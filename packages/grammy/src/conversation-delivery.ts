import { carriedOptions, type Payload, whileCarrying } from "@sendonce/core";
import type { Context, MiddlewareFn } from "grammy";

/**
 * Makes `delivery()` work inside conversations of @grammyjs/conversations: a plugin for their own `plugins`
 * option. Without it such options are ignored there, while everything else, `withDelivery` too, works.
 *
 * @example
 * bot.use(conversations({ plugins: [conversationDelivery()] }));
 * // and then, in a conversation:
 * await ctx.reply("Paid!", { ...delivery({ key: "invoice-42" }) });
 */
export function conversationDelivery(): MiddlewareFn<Context> {
  return async function sendonceConversation(ctx, next) {
    ctx.api.config.use((prev, method, payload, signal) =>
      whileCarrying(method, carriedOptions((payload ?? {}) as Payload), () => prev(method, payload, signal)),
    );
    await next();
  };
}
