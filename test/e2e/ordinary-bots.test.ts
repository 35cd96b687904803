import { describe, expect, test } from "vitest";
import { textsOf, token, virtualTelegram } from "../kit/telegram.js";

/** Most that any trailing window of `ms` held. */
function busiest(times: readonly number[], ms: number): number {
  return Math.max(...times.map((end) => times.filter((at) => at > end - ms && at <= end).length));
}

describe("ordinary bots feel nothing", () => {
  test("one private chat at 1 message/s for 3 minutes: no reply waits", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const delays: number[] = [];
    bot.on("message", async (ctx) => {
      const from = clock.now();
      await ctx.reply(`re: ${ctx.message.text}`);
      delays.push(clock.now() - from);
    });
    for (let second = 0; second < 180; second++) {
      await clock.run(bot.handleUpdate(emulator.say(token, { chat: 7, text: `message ${second}` })));
      await clock.advance(1_000);
    }
    expect(delays).toEqual(Array(180).fill(0));
    expect(emulator.ledger.floods()).toEqual([]);
    expect(textsOf(emulator, 7)).toHaveLength(180);
  });

  test("100 replies/s to 100 chats: no reply waits", async () => {
    const { clock, emulator, bot } = virtualTelegram({ limits: false });
    const delays: number[] = [];
    bot.on("message", async (ctx) => {
      const from = clock.now();
      await ctx.reply(`re: ${ctx.message.text}`);
      delays.push(clock.now() - from);
    });
    for (let tick = 0; tick < 10; tick++) {
      const updates = Array.from({ length: 100 }, (_, i) =>
        emulator.say<never>(token, { chat: 1000 + i, text: `${tick}` }),
      );
      await clock.run(Promise.all(updates.map((update) => bot.handleUpdate(update))));
      await clock.advance(1_000);
    }
    expect(delays).toEqual(Array(1_000).fill(0));
    expect(emulator.ledger.count()).toBe(1_000);
  });

  test("a group is held to 20 messages in any 60 s, and Telegram never says 429", async () => {
    const { clock, emulator, bot } = virtualTelegram({ guard: { maxWaitMs: 600_000 } });
    const from = clock.now();
    await clock.run(Promise.all(Array.from({ length: 70 }, (_, i) => bot.api.sendMessage(-1001, `${i}`))));
    const times = emulator.ledger.received(-1001).map(({ at }) => at);
    expect(textsOf(emulator, -1001)).toEqual(Array.from({ length: 70 }, (_, i) => `${i}`));
    expect(busiest(times, 60_000)).toBe(20);
    expect(emulator.ledger.floods()).toEqual([]);
    expect(clock.now() - from).toBeLessThan(182_000);
  });

  test("a broadcast keeps to the bot's pace without a 429, and replies overtake it", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const delays: number[] = [];
    bot.on("message", async (ctx) => {
      const from = clock.now();
      await ctx.reply("at once");
      delays.push(clock.now() - from);
    });
    const news = Promise.all(Array.from({ length: 300 }, (_, i) => bot.api.sendMessage(5_000 + i, "news")));
    await clock.advance(3_000);
    await clock.run(bot.handleUpdate(emulator.say(token, { chat: 7, text: "hi" })));
    await clock.run(news);
    expect(delays).toEqual([0]);
    expect(emulator.ledger.floods()).toEqual([]);
    const times = emulator.ledger.received().map(({ at }) => at);
    expect(busiest(times, 1_000)).toBeLessThanOrEqual(60);
    expect(
      busiest(
        times.filter((at) => at > times[0]! + 1_000),
        1_000,
      ),
    ).toBeLessThanOrEqual(32);
  });

  test("waits outside an update are told as events, with the rule that makes them", async () => {
    const { clock, bot, guard } = virtualTelegram({ guard: { limits: "official" } });
    const waits: string[] = [];
    guard.on("wait", ({ rule, waitMs }) => waits.push(`${rule} ${Math.round(waitMs)} ms`));
    await clock.run(Promise.all(Array.from({ length: 25 }, (_, i) => bot.api.sendMessage(7, `${i}`))));
    expect(waits).toEqual(Array(5).fill("chat 1000 ms"));
  });
});
