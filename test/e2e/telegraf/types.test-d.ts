import {
  createGuard,
  type DeliveryInfo,
  delivery,
  deliveryOf,
  type Guard,
  type GuardOptions,
  install,
  isSendonceRefusal,
  type Reliability,
  reliability,
  withDelivery,
} from "@sendonce/telegraf";
import { type Context, type MiddlewareFn, type Scenes, Telegraf, Telegram } from "telegraf";
import type { Message } from "telegraf/types";
import { expectTypeOf, test } from "vitest";

interface MyContext extends Context {
  session: { count: number };
}
class MyBot extends Telegraf<MyContext> {
  readonly mine = true;
}

test("install gives back the very type of bot and Telegram", () => {
  expectTypeOf(install(new Telegraf("1:a"))).toEqualTypeOf<Telegraf>();
  expectTypeOf(install(new Telegraf<MyContext>("1:a"))).toEqualTypeOf<Telegraf<MyContext>>();
  expectTypeOf(install(new Telegraf<Scenes.WizardContext>("1:a"))).toEqualTypeOf<
    Telegraf<Scenes.WizardContext>
  >();
  expectTypeOf(install(new MyBot("1:a"), { limits: "official" })).toEqualTypeOf<MyBot>();
  expectTypeOf(install(new Telegram("1:a"), createGuard())).toEqualTypeOf<Telegram>();
});

test("a reliability is plain middleware, for bots of every context", () => {
  expectTypeOf<Reliability>().toExtend<MiddlewareFn<Context>>();
  new Telegraf<MyContext>("1:a").use(reliability());
  new Telegraf<Scenes.WizardContext>("1:a").use(reliability({ limits: false }).updates({ drop: false }));
});

test("nothing of ours is any", () => {
  expectTypeOf(install).parameter(1).toEqualTypeOf<GuardOptions | Guard | undefined>();
  expectTypeOf(reliability).parameters.toEqualTypeOf<[options?: GuardOptions | Guard]>();
  expectTypeOf(reliability()).toEqualTypeOf<Reliability>();
  expectTypeOf(reliability().guard).toEqualTypeOf<Guard>();
  expectTypeOf(reliability().updates()).toEqualTypeOf<MiddlewareFn<Context>>();
  expectTypeOf(reliability().close()).toEqualTypeOf<Promise<void>>();
  expectTypeOf(delivery({ key: "a" })).not.toBeAny();
});

test("handlers and results keep their types", () => {
  const bot = install(new Telegraf<MyContext>("1:a"));
  bot.on("text", async (ctx) => {
    expectTypeOf(ctx).not.toBeAny();
    expectTypeOf(ctx.message.text).toBeString();
    expectTypeOf(ctx.session.count).toBeNumber();
    const sent = await ctx.reply("hi", { parse_mode: "HTML", ...delivery({ key: "a" }) });
    expectTypeOf(sent).toEqualTypeOf<Message.TextMessage>();
    expectTypeOf(deliveryOf(sent)).toEqualTypeOf<DeliveryInfo | undefined>();
    const scoped = withDelivery({ key: "a" }, () => ctx.replyWithDice());
    expectTypeOf(scoped).toEqualTypeOf<Promise<Message.DiceMessage>>();
  });
  expectTypeOf(bot.telegram.sendPhoto(1, "a", delivery({}))).toEqualTypeOf<Promise<Message.PhotoMessage>>();
  bot.catch((error) => {
    if (isSendonceRefusal(error)) expectTypeOf(error.parameters.sendonce.code).not.toBeAny();
  });
});

test("delivery() is taken wherever extra is", () => {
  const { telegram } = new Telegraf("1:a");
  const extra = { ...delivery({ key: "a" }) };
  const file = { source: Buffer.from("a") };
  const invoice = {
    title: "a",
    description: "a",
    payload: "a",
    provider_token: "a",
    currency: "EUR",
    prices: [],
  };
  telegram.sendMessage(1, "a", extra);
  telegram.forwardMessage(1, 2, 3, extra);
  telegram.forwardMessages(1, 2, [3], extra);
  telegram.copyMessage(1, 2, 3, extra);
  telegram.copyMessages(1, 2, [3], extra);
  telegram.sendLocation(1, 2, 3, extra);
  telegram.sendVenue(1, 2, 3, "a", "b", extra);
  telegram.sendInvoice(1, invoice, extra);
  telegram.sendContact(1, "a", "b", extra);
  telegram.sendPhoto(1, file, { caption: "a", ...extra });
  telegram.sendDice(1, extra);
  telegram.sendDocument(1, file, extra);
  telegram.sendAudio(1, file, extra);
  telegram.sendSticker(1, file, extra);
  telegram.sendVideo(1, file, extra);
  telegram.sendVideoNote(1, file, extra);
  telegram.sendAnimation(1, file, extra);
  telegram.sendVoice(1, file, extra);
  telegram.sendGame(1, "a", extra);
  telegram.sendMediaGroup(1, [{ type: "photo", media: file }], extra);
  telegram.sendPoll(1, "a?", ["b", "c"], extra);
  telegram.sendQuiz(1, "a?", ["b", "c"], { correct_option_id: 0, ...extra });
  telegram.sendChatAction(1, "typing", extra);
  telegram.editMessageText(1, 2, undefined, "a", extra);
  telegram.editMessageMedia(1, 2, undefined, { type: "photo", media: file }, extra);
  telegram.callApi("sendMessage", { chat_id: 1, text: "a", ...extra });
});

test("delivery() hides no mistake beside it", () => {
  const { telegram } = new Telegraf("1:a");
  // @ts-expect-error a wrong parse_mode still fails
  telegram.sendMessage(1, "hi", { parse_mode: "Html", ...delivery({ key: "a" }) });
  // @ts-expect-error an unknown field still fails
  telegram.sendMessage(1, "hi", { parse_mod: "HTML", ...delivery({ key: "a" }) });
  // @ts-expect-error an option that does not exist fails
  install(new Telegraf("1:a"), { limit: "official" });
  // @ts-expect-error neither a bot nor a Telegram
  install({ token: "1:a" });
});
