import { install, reliability } from "@sendonce/telegraf";
import type { Context, MiddlewareFn, Telegraf } from "telegraf";
import { telegrafThrottler } from "telegraf-throttler";
import { describe, expect, test } from "vitest";
import { telegrafAt, telegram, textsOf, token, type Update } from "../../kit/telegraf.js";
import { type Program, perform, type Script, sideBySide, silent } from "./side-by-side.js";

/** Its queues, one call at a time as by default, but without the pauses between. */
const quick = () =>
  telegrafThrottler({
    in: { maxConcurrent: 1 },
    out: { maxConcurrent: 1 },
    group: { maxConcurrent: 1 },
  });

const group = -1001;
const script: Script = ["a", "b", "c", "d"].map((text) => ({ chat: group, text }));

const throttled = (): Program<Context> => (bot) => {
  bot.use(quick());
  bot.on("message", async (ctx) => {
    await ctx.reply("one");
    await ctx.reply("two");
  });
};

describe("telegraf-throttler under install: outside of us, in front of our own turns", () => {
  test("people receive the same, and the same when every update comes twice", async () => {
    const { without, guarded, redelivered } = await sideBySide(throttled, script);
    expect(without).toHaveLength(8);
    expect(guarded).toEqual(without);
    expect(redelivered).toEqual(without);
  });

  test("a lost answer is not sent again", async () => {
    const { emulator } = await perform(throttled(), script, { losing: 2 });
    const one = emulator.ledger.received(group).filter(({ messageId }) => messageId > 0);
    expect(one.filter(({ text }) => text === "one")).toHaveLength(4);
  });

  test("its queues do not pile up: each update brings its own, and bot.telegram has none", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator), { logger: silent });
    const before = bot.telegram.callApi;
    throttled()(bot);
    for (const saying of script) await bot.handleUpdate(emulator.say<Update>(token, saying));
    expect(bot.telegram.callApi).toBe(before);
    await bot.telegram.sendMessage(7, "still here");
    expect(textsOf(emulator, 7)).toEqual(["still here"]);
  });
});

describe("telegraf-throttler next to the middleware form", () => {
  const orders: [string, (bot: Telegraf) => void][] = [
    [
      "after reliability(): outside of us",
      (bot) => void bot.use(reliability({ logger: silent }).updates(), quick()),
    ],
    [
      "before reliability(): inside of us",
      (bot) => void bot.use(quick(), reliability({ logger: silent }).updates()),
    ],
  ];

  test.for(orders)("%s, messages go out once, floods are obeyed", async ([, order]) => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    order(bot);
    bot.on("message", (ctx) => ctx.reply("hello"));
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1, enforce: true });
    const update = emulator.say<Update>(token, { chat: group, text: "hi" });
    for (let n = 0; n < 2; n++) await bot.handleUpdate(update);
    expect(textsOf(emulator, group)).toEqual(["hello"]);
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });
});

test("a throttler inside of us is noticed, once; one outside is not", async () => {
  for (const [warnings, order] of [
    [1, (bot: Telegraf, ours: MiddlewareFn<Context>) => bot.use(quick(), ours)],
    [0, (bot: Telegraf, ours: MiddlewareFn<Context>) => bot.use(ours, quick())],
  ] as const) {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    const warned: unknown[] = [];
    const logger = { ...silent, warn: (facts: object) => void warned.push(facts) };
    order(bot, reliability({ logger }).updates());
    for (const saying of script) await bot.handleUpdate(emulator.say<Update>(token, saying));
    expect(warned).toEqual(Array(warnings).fill({ event: "warning", warning: "throttlerInside" }));
  }
});

test("what telegraf-throttler drops of the flood of one person is gone: Sendonce counts it as handled", async () => {
  const emulator = await telegram();
  const bot = install(telegrafAt(emulator), { logger: silent });
  let dropped = 0;
  const inThrottlerError = async () => void dropped++;
  bot.use(telegrafThrottler({ in: { highWater: 0, maxConcurrent: 1, strategy: 1 }, inThrottlerError }));
  let runs = 0;
  bot.on("message", async (ctx) => {
    runs++;
    await ctx.reply(`answer to ${ctx.message.message_id}`);
  });
  const updates = [1, 2, 3].map((n) => emulator.say<Update>(token, { chat: 7, text: `${n}` }));
  await Promise.all(updates.map((update) => bot.handleUpdate(update)));
  expect(runs + dropped).toBe(3);
  const before = runs;
  for (const update of updates) await bot.handleUpdate(update);
  expect(runs).toBe(before);
});
