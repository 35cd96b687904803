import { install, reliability } from "@sendonce/telegraf";
import { Composer, type Context, Markup, type Telegraf } from "telegraf";
import { bold, fmt, join, link } from "telegraf/format";
import { describe, expect, test } from "vitest";
import { telegrafAt, telegram, textsOf, token, type Update } from "../../kit/telegraf.js";
import { type Program, perform, type Script, sideBySide, silent } from "./side-by-side.js";

const script: Script = ["/start", "menu", "menu", "something else"].map((text) => ({ chat: 7, text }));

/** Composers inside composers, keyboards and formatted texts. */
const shop = (): Program<Context> => (bot) => {
  const menu = new Composer<Context>();
  menu.hears("menu", (ctx) =>
    ctx.reply(
      fmt`Today: ${bold("soup")}, ${link("and more", "https://example.org/menu")}`,
      Markup.inlineKeyboard([
        Markup.button.callback("Soup", "soup"),
        Markup.button.url("All", "https://example.org"),
      ]),
    ),
  );
  bot.start((ctx) =>
    ctx.reply(join([bold("Welcome"), "hungry?"], ", "), Markup.keyboard([["menu"]]).resize()),
  );
  bot.use(Composer.optional((ctx) => ctx.chat?.type === "private", menu));
  bot.use(Composer.fork((ctx) => ctx.sendChatAction("typing")));
  bot.on("message", (ctx) => ctx.replyWithHTML("<b>What?</b>", Markup.removeKeyboard()));
};

describe("composers, keyboards and formatted texts", () => {
  test("people receive the same with Sendonce, and the same when every update comes twice", async () => {
    const { without, guarded, redelivered } = await sideBySide(shop, script);
    expect(without.map(({ text }) => text)).toEqual([
      "Welcome, hungry?",
      "Today: soup, and more",
      "Today: soup, and more",
      "What?",
    ]);
    expect(without[1]?.payload).toMatchObject({
      entities: [{ type: "bold" }, { type: "text_link" }],
      reply_markup: { inline_keyboard: [[{ callback_data: "soup" }, { url: "https://example.org" }]] },
    });
    expect(guarded).toEqual(without);
    expect(redelivered).toEqual(without);
  });

  test.for([0, 1, 2, 3])("the answer to message %i is lost: nobody receives it twice", async (losing) => {
    const { without } = await sideBySide(shop, script);
    const { ledger } = await perform(shop(), script, { losing });
    expect(ledger).toEqual(without);
  });
});

describe("the middleware form next to install", () => {
  const build = async (order: (bot: Telegraf) => void) => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    order(bot);
    return { emulator, bot };
  };
  const middleware = () => reliability({ logger: silent });
  const orders: [string, (bot: Telegraf) => void][] = [
    ["install, then use", (bot) => install(bot, { logger: silent }).use(middleware())],
    ["install, then updates()", (bot) => install(bot, { logger: silent }).use(middleware().updates())],
    ["use, then install", (bot) => void install(bot.use(middleware()), { logger: silent })],
    ["updates() alone", (bot) => void bot.use(middleware().updates())],
  ];

  test.for(orders)("%s: a call makes one request, an update counts once", async ([, order]) => {
    const { emulator, bot } = await build(order);
    let runs = 0;
    bot.on("message", async (ctx) => {
      runs++;
      await ctx.reply("hello");
      await ctx.telegram.sendMessage(8, "somebody wrote");
    });
    const update = emulator.say<Update>(token, { chat: 7, text: "hi" });
    for (let n = 0; n < 2; n++) await bot.handleUpdate(update);
    expect(runs).toBe(1);
    expect(textsOf(emulator, 7)).toEqual(["hello"]);
    expect(textsOf(emulator, 8)).toEqual(["somebody wrote"]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(2);
  });
});
