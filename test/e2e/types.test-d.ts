import { delivery, install, type Reliability, reliability } from "@sendonce/grammy";
import { Api, Bot, type Context, type SessionFlavor, type Transformer } from "grammy";
import { expectTypeOf, test } from "vitest";

type MyContext = Context & SessionFlavor<{ count: number }>;

test("install gives back the very type of bot and api", () => {
  expectTypeOf(install(new Bot<MyContext>("1:a"))).toEqualTypeOf<Bot<MyContext>>();
  expectTypeOf(install(new Bot("1:a"))).toEqualTypeOf<Bot>();
  expectTypeOf(install(new Api("1:a"))).toEqualTypeOf<Api>();
});

test("a reliability is a plain Transformer and fits bot.api.config.use", () => {
  expectTypeOf<Reliability>().toExtend<Transformer>();
  new Bot<MyContext>("1:a").api.config.use(reliability());
  new Bot<MyContext>("1:a").use(reliability().updates());
});

test("handlers and payloads keep their types", () => {
  const bot = install(new Bot<MyContext>("1:a"));
  bot.on("message:text", async (ctx) => {
    expectTypeOf(ctx.message.text).toBeString();
    expectTypeOf(ctx.session.count).toBeNumber();
    const sent = await ctx.reply("hi", { parse_mode: "HTML", ...delivery({ key: "a" }) });
    expectTypeOf(sent.text).toBeString();
    await bot.api.sendMediaGroup(1, [], { ...delivery({ key: "a" }) });
    await bot.api.copyMessage(1, 2, 3, { ...delivery({ priority: "bulk" }) });
  });
});

test("delivery() hides no mistake beside it", () => {
  const { api } = new Bot("1:a");
  // @ts-expect-error a wrong parse_mode still fails
  api.sendMessage(1, "hi", { parse_mode: "Html", ...delivery({ key: "a" }) });
  // @ts-expect-error an unknown field still fails
  api.sendMessage(1, "hi", { parse_mod: "HTML", ...delivery({ key: "a" }) });
  // @ts-expect-error a wrong priority fails
  delivery({ priority: "urgent" });
});
