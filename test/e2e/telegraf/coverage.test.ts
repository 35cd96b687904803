import { install, type Logger, reliability } from "@sendonce/telegraf";
import { Composer, Scenes, session, Telegraf, Telegram } from "telegraf";
import { telegrafThrottler } from "telegraf-throttler";
import { describe, expect, test } from "vitest";
import {
  eventually,
  telegrafAt,
  telegram,
  telegramAt,
  textsOf,
  token,
  type Update,
} from "../../kit/telegraf.js";

/** The same update twice, as Telegram redelivers it. */
async function twice(bot: Telegraf, update: Update): Promise<void> {
  await bot.handleUpdate(update);
  await bot.handleUpdate(update);
}

describe("with install every call is guarded, once", () => {
  test.for([
    ["bot.telegram", (bot: Telegraf) => bot.telegram.sendMessage(7, "hi")],
    ["raw callApi", (bot: Telegraf) => bot.telegram.callApi("sendMessage", { chat_id: 7, text: "hi" })],
  ] as const)("%s", async ([, send]) => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const [first, second] = [await send(bot), await send(bot)];
    expect(second.message_id).toBe(first.message_id);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
  });

  test("a bare Telegram", async () => {
    const emulator = await telegram();
    const bare = install(telegramAt(emulator));
    await bare.sendMessage(7, "from a cron job");
    await bare.callApi("sendMessage", { chat_id: 7, text: "from a cron job" });
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
  });

  test("whatever a handler calls, before and after install", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    bot.use(async (ctx, next) => {
      await ctx.reply("before");
      await next();
    });
    install(bot);
    bot.on("message", async (ctx) => {
      await ctx.reply("ctx.reply");
      await ctx.replyWithHTML("<b>ctx.replyWithHTML</b>");
      await ctx.sendMessage("ctx.sendMessage");
      await ctx.telegram.sendMessage(7, "ctx.telegram");
      await ctx.tg.callApi("sendMessage", { chat_id: 7, text: "ctx.tg.callApi" });
      await bot.telegram.sendMessage(7, "bot.telegram");
      throw new Error("the update is to come again");
    });
    bot.catch(() => {
      throw new Error("again");
    });
    const update = emulator.say<Update>(token, { chat: 7, text: "go" });
    for (let i = 0; i < 2; i++) await expect(bot.handleUpdate(update)).rejects.toThrow("again");
    expect(textsOf(emulator, 7)).toEqual([
      "before",
      "ctx.reply",
      "ctx.replyWithHTML",
      "ctx.sendMessage",
      "ctx.telegram",
      "ctx.tg.callApi",
      "bot.telegram",
    ]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(7);
  });

  test("composers, sessions, scenes and wizards", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt<Scenes.WizardContext>(emulator));
    const shop = new Scenes.BaseScene<Scenes.WizardContext>("shop");
    shop.enter((ctx) => ctx.reply("welcome to the shop"));
    shop.hears("order", (ctx) => ctx.scene.enter("order"));
    const order = new Scenes.WizardScene<Scenes.WizardContext>(
      "order",
      async (ctx) => {
        await ctx.reply("how many?");
        return ctx.wizard.next();
      },
      async (ctx) => {
        await ctx.reply("done");
        return ctx.scene.leave();
      },
    );
    const menu = new Composer<Scenes.WizardContext>();
    menu.command("shop", (ctx) => ctx.scene.enter("shop"));
    const stage = new Scenes.Stage<Scenes.WizardContext>([shop, order as never]);
    bot.use(session(), stage.middleware(), menu);
    for (const text of ["/shop", "order", "2"]) {
      const update = emulator.say<Update>(token, { chat: 7, text });
      await twice(bot as unknown as Telegraf, update);
    }
    expect(textsOf(emulator, 7)).toEqual(["welcome to the shop", "how many?", "done"]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(3);
  });

  test("polling by launch()", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.on("message", (ctx) => ctx.reply("answered"));
    emulator.say(token, { chat: 7, text: "one" });
    const running = bot.launch();
    emulator.say(token, { chat: 8, text: "two" });
    await eventually(() => emulator.ledger.count() === 2, "both answers arrive");
    bot.stop();
    await running;
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(2);
  });

  test("handlers that leave a call running: it belongs to their update", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const detached: Promise<unknown>[] = [];
    bot.on("message", (ctx) => {
      detached.push(ctx.reply("later"));
    });
    for (const text of ["a", "b"]) await twice(bot, emulator.say<Update>(token, { chat: 7, text }));
    await Promise.all(detached);
    expect(textsOf(emulator, 7)).toEqual(["later", "later"]);
  });

  test("getters, setters and getUpdates pass", async () => {
    const emulator = await telegram();
    const { telegram: guarded } = install(telegrafAt(emulator));
    expect((await guarded.getMe()).id).toBe(4242);
    expect(await guarded.getUpdates(0, 1, 0, undefined)).toEqual([]);
    expect(await guarded.setMyCommands([{ command: "start", description: "Start" }])).toBe(true);
    expect(
      await guarded.callApi("getMe", undefined as never).catch((error: unknown) => error),
    ).toBeInstanceOf(TypeError);
  });
});

describe("installing twice guards once", () => {
  test.for([
    ["bot, then bot", (bot: Telegraf) => install(install(bot))],
    ["its Telegram, then the bot", (bot: Telegraf) => install(install(bot.telegram) && bot)],
    ["the bot, then its Telegram", (bot: Telegraf) => install(install(bot).telegram) && bot],
    ["the bot, and reliability() as well", (bot: Telegraf) => install(bot).use(reliability().updates())],
  ] as const)("%s", async ([, installed]) => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    installed(bot);
    let runs = 0;
    bot.on("message", async (ctx) => {
      runs++;
      await ctx.reply("hi");
    });
    await bot.telegram.sendMessage(7, "news");
    await twice(bot, emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(runs).toBe(1);
    expect(textsOf(emulator, 7)).toEqual(["news", "hi"]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(2);
  });

  test("install returns the very bot and the very Telegram", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    expect(install(bot)).toBe(bot);
    expect(install(bot.telegram)).toBe(bot.telegram);
    expect(Object.keys(bot.telegram)).not.toContain("callApi");
  });

  test("a plugin that replaces ctx.telegram.callApi does so for its own update alone", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const unchanged = bot.telegram.callApi;
    let passed = 0;
    bot.use((ctx, next) => {
      const inner = ctx.telegram.callApi.bind(ctx.telegram);
      ctx.telegram.callApi = ((...args: Parameters<typeof inner>) => {
        passed++;
        return inner(...args);
      }) as typeof inner;
      return next();
    });
    bot.on("message", (ctx) => ctx.reply("hi"));
    for (const text of ["a", "b", "c"]) await twice(bot, emulator.say<Update>(token, { chat: 7, text }));
    expect(passed).toBe(3);
    expect(bot.telegram.callApi).toBe(unchanged);
    expect(textsOf(emulator, 7)).toEqual(["hi", "hi", "hi"]);
  });

  test("telegraf-throttler outside us slows down, and nothing more", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.use(telegrafThrottler());
    bot.on("message", (ctx) => ctx.reply("hi"));
    await twice(bot, emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
  });
});

describe("ctx.telegram", () => {
  test("is a Telegram of its own for every update, like without us", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const seen: Telegram[] = [];
    bot.on("message", (ctx) => {
      seen.push(ctx.telegram);
    });
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text }));
    expect(new Set([...seen, bot.telegram]).size).toBe(3);
    expect(seen[0]).toBeInstanceOf(Telegram);
    expect(seen[0]?.token).toBe(token);
  });

  test("what the bot's owner puts into bot.context is there too", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    Object.assign(bot.context, { db: "before" });
    install(bot);
    Object.assign(bot.context, { cache: "after" });
    const seen: unknown[] = [];
    bot.use((ctx) => {
      const { db, cache } = ctx as unknown as { db: string; cache: string };
      seen.push(db, cache);
    });
    await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(seen).toEqual(["before", "after"]);
  });
});

describe("bot.context", () => {
  test("put in the place of the old one after install changes nothing: ctx is guarded", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    Object.assign(bot, { context: { db: 1 } });
    let runs = 0;
    bot.catch(() => {});
    bot.on("message", async (ctx) => {
      await ctx.reply("pong");
      if (++runs === 1) throw new Error("after the reply");
    });
    await twice(bot, emulator.say<Update>(token, { chat: 7, text: "ping" }));
    expect(textsOf(emulator, 7)).toEqual(["pong"]);
  });

  test("takes a Telegram of its owner's", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const other = new Telegram(token);
    Object.assign(bot.context, { telegram: other });
    let seen: unknown;
    bot.use((ctx) => {
      seen = ctx.telegram;
    });
    await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(seen).toBe(other);
  });

  test("options that a handler changes are its update's alone", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.use((ctx) => {
      ctx.telegram.webhookReply = false;
    });
    await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(bot.telegram.webhookReply).toBe(true);
  });
});

describe("the middleware form", () => {
  test("covers ctx in what comes after it, and an update that comes again sends nothing again", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    bot.use(reliability());
    let runs = 0;
    bot.on("message", async (ctx) => {
      runs++;
      await ctx.reply("one");
      await ctx.telegram.sendMessage(7, "two");
      await ctx.reply("one");
    });
    await twice(bot, emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(runs).toBe(2);
    expect(textsOf(emulator, 7)).toEqual(["one", "two", "one"]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(3);
  });

  test("with .updates() an update that was handled is not handled again", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    bot.use(reliability().updates());
    let runs = 0;
    bot.on("message", async (ctx) => {
      runs++;
      await ctx.reply("hi");
    });
    await twice(bot, emulator.say<Update>(token, { chat: 7, text: "a" }));
    expect(runs).toBe(1);
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
  });

  test("the same text answered to two updates goes out twice", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    const sendonce = reliability();
    bot.use(sendonce, sendonce.updates());
    bot.on("message", (ctx) => ctx.reply("Unknown command"));
    for (const text of ["a", "b"]) await twice(bot, emulator.say<Update>(token, { chat: 7, text }));
    expect(textsOf(emulator, 7)).toEqual(["Unknown command", "Unknown command"]);
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(2);
  });

  test("two bots through one are refused by name", async () => {
    const emulator = await telegram();
    const sendonce = reliability();
    await telegrafAt(emulator)
      .use(sendonce)
      .handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
    const other = new Telegraf("777:other", { telegram: { apiRoot: emulator.url } }).use(sendonce);
    other.catch((error) => {
      throw error;
    });
    const update = emulator.say<Update>("777:other", { chat: 7, text: "a" });
    await expect(other.handleUpdate(update)).rejects.toThrow(/two bots \(4242 and 777\)/);
  });

  test("says once, and by name of the remedy, that bot.telegram is not covered", async () => {
    const emulator = await telegram();
    const { warned, logger } = warnings();
    const bot = telegrafAt(emulator);
    const sendonce = reliability({ logger });
    bot.use(sendonce);
    bot.on("message", (ctx) => ctx.reply("hi"));
    await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
    await bot.telegram.getMe();
    await new Telegram("777:other", { apiRoot: emulator.url }).sendMessage(7, "another bot's");
    expect(warned).toEqual([]);
    for (let i = 0; i < 2; i++) await bot.telegram.sendMessage(7, "uncovered");
    expect(warned).toEqual([expect.stringMatching(/bot\.telegram.*install\(bot\)/)]);
    expect(textsOf(emulator, 7)).toEqual(["hi", "another bot's", "uncovered", "uncovered"]);
    await sendonce.close();
  });

  test("says nothing beside install, nor once it is closed", async () => {
    const emulator = await telegram();
    const { warned, logger } = warnings();
    for (const close of [false, true]) {
      const bot = telegrafAt(emulator);
      const sendonce = reliability({ logger });
      bot.use(sendonce);
      await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text: "a" }));
      if (close) await sendonce.close();
      else install(bot);
      await bot.telegram.sendMessage(7, `${close}`);
    }
    expect(warned).toEqual([]);
  });
});

describe("maxWaitMs and the bot's handlerTimeout", () => {
  test.for([
    ["below it", 89_999, {}, 0],
    ["at Telegraf's default", 90_000, {}, 1],
    ["at the bot's own", 5_000, { handlerTimeout: 5_000 }, 1],
    ["with a bot that waits longer", 120_000, { handlerTimeout: 600_000 }, 0],
    ["with a bot that waits for ever", 120_000, { handlerTimeout: Number.POSITIVE_INFINITY }, 0],
  ] as const)("%s: %i ms", async ([, maxWaitMs, options, count]) => {
    const emulator = await telegram();
    const { warned, logger } = warnings();
    install(telegrafAt(emulator, options), { maxWaitMs, logger });
    expect(warned).toHaveLength(count);
    for (const text of warned)
      expect(text).toMatch(/install\(bot, \{ maxWaitMs.*new Telegraf\(token, \{ handlerTimeout/);
  });
});

test.for([undefined, {}, { telegram: {} }, "4242:token"])(
  "install(%j) is refused with the remedy",
  (target) => {
    expect(() => install(target as never)).toThrow(/install\(new Telegraf\(token\)\)/);
  },
);

test("a token that is none is refused, without being told", () => {
  expect(() => install(new Telegram("my-secret"))).toThrow(/BotFather/);
  expect(() => install(new Telegram("my-secret"))).not.toThrow(/my-secret/);
});

/** A logger that keeps what was warned of. */
function warnings(): { warned: string[]; logger: Logger } {
  const warned: string[] = [];
  const silent = () => {};
  const warn = (_: object, text: string) => void warned.push(text);
  return { warned, logger: { debug: silent, info: silent, warn, error: silent } };
}
