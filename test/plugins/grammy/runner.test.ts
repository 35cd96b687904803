import { type RunnerHandle, run, sequentialize } from "@grammyjs/runner";
import { install } from "@sendonce/grammy";
import type { Bot } from "grammy";
import { expect, onTestFinished, test } from "vitest";
import { botAt, eventually, telegram, textsOf, token } from "../../kit/telegram.js";

/** Runs a bot by the runner until the test ends. */
function running(bot: Bot): RunnerHandle {
  const runner = run(bot, { runner: { fetch: { timeout: 1 }, silent: true } });
  onTestFinished(async () => {
    if (runner.isRunning()) await runner.stop();
  });
  return runner;
}

test("updates of several chats run side by side, each keyed by its own", async () => {
  const emulator = await telegram();
  const bot = install(botAt(emulator));
  const arrived = new Set<number>();
  bot.use(sequentialize((ctx) => String(ctx.chatId)));
  bot.on("message", async (ctx) => {
    await ctx.reply("Counting …");
    arrived.add(ctx.chatId);
    // Nobody goes on before all are here: they cannot have been handled one after the other.
    await eventually(() => arrived.size === 5, "five handlers run at once");
    await ctx.reply("Done.");
  });
  const chats = [11, 12, 13, 14, 15];
  for (const chat of chats) emulator.say(token, { chat, text: "count" });
  running(bot);
  await eventually(() => emulator.ledger.count() === 10, "everybody has both messages");
  for (const chat of chats) expect(textsOf(emulator, chat)).toEqual(["Counting …", "Done."]);
});

test("an update that comes again while its first is at work is answered once", async () => {
  const emulator = await telegram();
  const bot = install(botAt(emulator));
  let runs = 0;
  let goOn = () => {};
  const work = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  bot.on("message", async (ctx) => {
    runs++;
    await ctx.reply("Working …");
    await work;
    await ctx.reply("Done.");
  });
  const runner = running(bot);
  const update = emulator.say<{ update_id: number }>(token, { chat: 7, text: "go" });
  await eventually(() => textsOf(emulator, 7).length === 1, "the first has begun");
  emulator.deliver(token, update);
  await eventually(() => runner.size() === 2, "the second is there");
  goOn();
  await eventually(() => runner.size() === 0, "both are over");
  expect(runs).toBe(1);
  expect(textsOf(emulator, 7)).toEqual(["Working …", "Done."]);
});

test("a chat's order is kept by sequentialize, and a failed update that comes again says nothing twice", async () => {
  const emulator = await telegram();
  const bot = install(botAt(emulator));
  let failures = 1;
  bot.catch(() => {});
  bot.use(sequentialize((ctx) => String(ctx.chatId)));
  bot.on("message", async (ctx) => {
    await ctx.reply(`${ctx.message.text}: begun`);
    if (failures-- > 0) throw new Error("the database is away");
    await ctx.reply(`${ctx.message.text}: done`);
  });
  const runner = running(bot);
  const update = emulator.say<{ update_id: number }>(token, { chat: 7, text: "one" });
  emulator.say(token, { chat: 7, text: "two" });
  await eventually(() => textsOf(emulator, 7).length === 3, "the second is answered");
  emulator.deliver(token, update);
  await eventually(
    () => textsOf(emulator, 7).length === 4 && runner.size() === 0,
    "the first is made up for",
  );
  expect(textsOf(emulator, 7)).toEqual(["one: begun", "two: begun", "two: done", "one: done"]);
});
