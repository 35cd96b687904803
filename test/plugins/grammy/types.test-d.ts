import {
  type Conversation,
  type ConversationFlavor,
  conversations,
  createConversation,
} from "@grammyjs/conversations";
import type { FileFlavor } from "@grammyjs/files";
import { type HydrateApiFlavor, type HydrateFlavor, hydrateApi } from "@grammyjs/hydrate";
import type { StreamFlavor } from "@grammyjs/stream";
import type { apiThrottler } from "@grammyjs/transformer-throttler";
import { conversationDelivery, delivery, install, limitsFromThrottler, reliability } from "@sendonce/grammy";
import { Api, Bot, type Context, type MiddlewareFn } from "grammy";
import { expectTypeOf, test } from "vitest";

test("install gives back bots and apis of every plugin's flavour as they are", () => {
  type Talking = ConversationFlavor<Context>;
  type Streaming = StreamFlavor<Context>;
  type WithFiles = FileFlavor<Context>;
  expectTypeOf(install(new Bot<Talking>("1:a"))).toEqualTypeOf<Bot<Talking>>();
  expectTypeOf(install(new Bot<Streaming>("1:a"))).toEqualTypeOf<Bot<Streaming>>();
  expectTypeOf(install(new Bot<WithFiles>("1:a"))).toEqualTypeOf<Bot<WithFiles>>();
  expectTypeOf(install(new Api("1:a") as HydrateApiFlavor<Api>)).toEqualTypeOf<HydrateApiFlavor<Api>>();
});

test("hydrated results keep their methods, and delivery() goes into their calls", () => {
  type Hydrated = Pick<HydrateFlavor<Context>, "reply"> & Context;
  const bot = install(new Bot<Hydrated>("1:a"));
  bot.api.config.use(hydrateApi());
  bot.on("message", async (ctx) => {
    const sent = await ctx.reply("a", { ...delivery({ key: "a" }) });
    await sent.editText("b", { ...delivery({ priority: "high" }) });
    expectTypeOf(sent.message_id).toBeNumber();
  });
});

test("conversations take our plugin, and their handlers keep their types", () => {
  expectTypeOf(conversationDelivery()).toEqualTypeOf<MiddlewareFn<Context>>();
  const bot = install(new Bot<ConversationFlavor<Context>>("1:a"));
  bot.use(reliability().updates());
  bot.use(conversations({ plugins: [conversationDelivery()] }));
  async function story(conversation: Conversation, ctx: Context) {
    await ctx.reply("a", { parse_mode: "HTML", ...delivery({ key: "a" }) });
    const { message } = await conversation.waitFor("message:text");
    expectTypeOf(message.text).toBeString();
    // @ts-expect-error a wrong parse_mode still fails
    await ctx.reply("a", { parse_mode: "Html", ...delivery({ key: "a" }) });
  }
  bot.use(createConversation(story, { plugins: [conversationDelivery()] }));
});

test("a throttler's own options fit limitsFromThrottler", () => {
  type Config = NonNullable<Parameters<typeof apiThrottler>[0]>;
  const config: Config = { global: { reservoir: 30 }, out: { minTime: 1_000 } };
  expectTypeOf(limitsFromThrottler).toBeCallableWith(config);
  install(new Bot("1:a"), { limits: limitsFromThrottler(config, { from: "transformer-throttler" }) });
  // @ts-expect-error there are two of them
  limitsFromThrottler(config, { from: "throttler" });
});
