import { install, reliability } from "@sendonce/grammy";
import { Api, Bot, InlineKeyboard, Keyboard } from "grammy";
import { describe, expect, test } from "vitest";
import {
  apiAt,
  botAt,
  botInfo,
  eventually,
  serveWebhook,
  telegram,
  textsOf,
  token,
} from "../kit/telegram.js";

describe("the same call twice, outside an update", () => {
  test("a bare transformer answers the second with the whole message of the first", async () => {
    const emulator = await telegram();
    const bot = botAt(emulator);
    bot.api.config.use(reliability());
    const first = await bot.api.sendMessage(7, "hello", { parse_mode: "HTML" });
    const second = await bot.api.sendMessage(7, "hello", { parse_mode: "HTML" });
    expect(second).toEqual(first);
    expect(textsOf(emulator, 7)).toEqual(["hello"]);
  });

  test("keyboards are part of the content, whether built by a class or written by hand", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const built = () => new InlineKeyboard().text("Yes", "y").text("No", "n");
    await api.sendMessage(7, "ok?", { reply_markup: built() });
    await api.sendMessage(7, "ok?", { reply_markup: built() });
    await api.sendMessage(7, "ok?", { reply_markup: { inline_keyboard: built().inline_keyboard } });
    expect(textsOf(emulator, 7)).toHaveLength(1);
    await api.sendMessage(7, "ok?", { reply_markup: new Keyboard().text("Yes") });
    expect(textsOf(emulator, 7)).toHaveLength(2);
  });

  test("a bare Api and api.raw are guarded too", async () => {
    const emulator = await telegram();
    const api = install(apiAt(emulator));
    await api.sendMessage(7, "from a cron job");
    await api.raw.sendMessage({ chat_id: 7, text: "from a cron job" });
    await api.raw.sendMessage({ chat_id: "7", text: "from a cron job" });
    expect(textsOf(emulator, 7)).toEqual(["from a cron job"]);
  });

  test("installing twice guards once", async () => {
    const emulator = await telegram();
    const bot = install(install(botAt(emulator)));
    bot.api.config.use(reliability());
    await bot.api.sendMessage(7, "once");
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
    expect(bot.api.config.installedTransformers()).toHaveLength(2);
  });
});

describe("a bare transformer, whose bot nobody has wrapped, knows the update", () => {
  test("the same text answered to two updates goes out twice", async () => {
    const emulator = await telegram();
    const bot = botAt(emulator);
    bot.api.config.use(reliability());
    bot.on("message", (ctx) => ctx.reply("Unknown command"));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "a" }));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "b" }));
    expect(textsOf(emulator, 7)).toEqual(["Unknown command", "Unknown command"]);
  });

  test("one that comes again is handled again, sends nothing again, and gets each message's own id", async () => {
    const emulator = await telegram();
    const bot = botAt(emulator);
    bot.api.config.use(reliability());
    const ids: number[][] = [];
    bot.on("message", async (ctx) => {
      const sent = [await ctx.reply("ping"), await ctx.reply("ping"), await ctx.reply("ping")];
      ids.push(sent.map(({ message_id }) => message_id));
    });
    const update = emulator.say<never>(token, { chat: 7, text: "go" });
    for (let i = 0; i < 2; i++) await bot.handleUpdate(update);
    expect(textsOf(emulator, 7)).toEqual(["ping", "ping", "ping"]);
    expect(new Set(ids[0]).size).toBe(3);
    expect(ids[1]).toEqual(ids[0]);
  });
});

describe("ways to run a bot", () => {
  test("polling by bot.start()", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.on("message", (ctx) => ctx.reply(`you said ${ctx.message.text}`));
    emulator.say(token, { chat: 7, text: "one" });
    const running = bot.start();
    emulator.say(token, { chat: 7, text: "two" });
    await eventually(() => textsOf(emulator, 7).length === 2, "both answers arrive");
    await bot.stop();
    await running;
    expect(textsOf(emulator, 7)).toEqual(["you said one", "you said two"]);
  });

  test("a webhook whose first delivery times out: one reply", async () => {
    const emulator = await telegram({ webhookTimeoutMs: 300 });
    const bot = install(botAt(emulator));
    bot.on("message", async (ctx) => {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await ctx.reply("finally");
    });
    await serveWebhook(emulator, bot);
    emulator.say(token, { chat: 7, text: "slow" });
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    expect(emulator.deliveries(token).length).toBeGreaterThan(1);
    expect(textsOf(emulator, 7)).toEqual(["finally"]);
  });

  test("a webhook reply is never recorded as a Message", async () => {
    const emulator = await telegram();
    const bot = install(
      botAt(emulator, { client: { canUseWebhookReply: (method) => method === "sendMessage" } }),
    );
    const results: unknown[] = [];
    bot.on("message", async (ctx) => {
      results.push(await ctx.reply("by webhook reply"));
    });
    await serveWebhook(emulator, bot);
    const update = emulator.say<{ update_id: number }>(token, { chat: 7, text: "hi" });
    await eventually(() => textsOf(emulator, 7).length === 1, "the reply is carried out");
    expect(results).toEqual([true]);
    emulator.deliver(token, update);
    await eventually(() => emulator.pending(token) === 0, "the redelivery is confirmed");
    expect(textsOf(emulator, 7)).toEqual(["by webhook reply"]);
  });

  test("a bare transformer on a webhook-reply bot learns its id all the same", async () => {
    const emulator = await telegram();
    const bot = botAt(emulator, { client: { canUseWebhookReply: () => true } });
    bot.api.config.use(reliability());
    bot.on("message", async (ctx) => {
      await ctx.reply("hello");
    });
    await serveWebhook(emulator, bot);
    emulator.say(token, { chat: 7, text: "hi" });
    await eventually(() => textsOf(emulator, 7).length === 1, "the reply is sent");
  });
});

describe("which bot", () => {
  test("a bare transformer asks once; nothing is sent before the answer", async () => {
    const emulator = await telegram();
    emulator.fault({ method: "getMe", kind: "slow", ms: 100 });
    const bot = botAt(emulator);
    bot.api.config.use(reliability());
    await Promise.all([bot.api.sendMessage(7, "a"), bot.api.sendMessage(8, "b")]);
    const methods = emulator.ledger.requests().map(({ method }) => method);
    expect(methods.filter((method) => method === "getMe")).toHaveLength(1);
    expect(methods[0]).toBe("getMe");
  });

  test("a failed getMe fails the calls with its own outcome, and the next call asks again", async () => {
    const emulator = await telegram();
    emulator.fault({ method: "getMe", kind: "error", code: 401, description: "Unauthorized" });
    const bot = botAt(emulator);
    bot.api.config.use(reliability());
    await expect(bot.api.sendMessage(7, "a")).rejects.toMatchObject({ error_code: 401 });
    expect(emulator.ledger.received()).toEqual([]);
    await bot.api.sendMessage(7, "a");
    expect(textsOf(emulator, 7)).toEqual(["a"]);
  });

  test("two bots through one transformer are refused by name", async () => {
    const emulator = await telegram();
    const sendonce = reliability();
    const bot = botAt(emulator);
    bot.api.config.use(sendonce);
    await bot.api.getMe();
    const other = new Api("777:other", { apiRoot: emulator.url });
    other.config.use(sendonce);
    await expect(other.getMe()).rejects.toThrow(/two bots \(4242 and 777\)/);
  });
});

test("a message that another transformer sends on the way is guarded as well", async () => {
  const emulator = await telegram();
  const bot = botAt(emulator);
  bot.api.config.use(async (prev, method, payload, signal) => {
    const { chat_id } = payload as { chat_id?: number };
    if (method === "sendMessage" && chat_id === 7)
      await bot.api.sendMessage(99, "audit: somebody wrote to 7");
    return prev(method, payload, signal);
  });
  install(bot);
  await bot.api.sendMessage(7, "a");
  await bot.api.sendMessage(7, "b");
  expect(textsOf(emulator, 7)).toEqual(["a", "b"]);
  expect(textsOf(emulator, 99)).toEqual(["audit: somebody wrote to 7"]);
});

test("install(bot.api), then install(bot): updates are guarded too, and calls once", async () => {
  const emulator = await telegram();
  const bot = botAt(emulator);
  install(bot.api);
  install(bot);
  let runs = 0;
  bot.on("message", (ctx) => {
    runs++;
    return ctx.reply("hi");
  });
  const update = emulator.say<never>(token, { chat: 7, text: "a" });
  for (let i = 0; i < 2; i++) await bot.handleUpdate(update);
  expect(runs).toBe(1);
  expect(bot.api.config.installedTransformers()).toHaveLength(1);
});

test("a bare transformer leaves bots that are not its own alone, whatever their token", async () => {
  reliability();
  const other = new Bot("test-token", { botInfo });
  let runs = 0;
  other.on("message", () => void runs++);
  await other.handleUpdate({ update_id: 1, message: { text: "hi", chat: { id: 1 } } } as never);
  expect(runs).toBe(1);
});
