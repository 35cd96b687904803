import { tokenBucket, window } from "@sendonce/core";
import { describe, expect, test } from "vitest";
import { flood, GuardBench } from "../../packages/core/src/testing/guard-bench.js";

const slow = tokenBucket({ capacity: 1, refillPerSecond: 1 / 10 });
const everyTen = { limits: { chat: slow, global: false as const } };

/** The queue as offsets from the start of the bench, in whole ms. */
async function queueOf(bench: GuardBench, question: Parameters<GuardBench["guard"]["queue"]>[0] = {}) {
  const startedAt = bench.clock.now() - bench.now;
  const queue = await bench.guard.queue(question);
  return queue.map(({ chat, since, rule, dueAt, reserved }) => ({
    chat,
    since: Math.round(since - startedAt),
    rule,
    dueAt: dueAt === undefined ? undefined : Math.round(dueAt - startedAt),
    reserved,
  }));
}

describe("who waits, and until when", () => {
  test("nobody, while everything goes at once", async () => {
    const bench = new GuardBench();
    await bench.say("hello");
    expect(await bench.guard.queue()).toEqual([]);
  });

  test("the head of a chat's line has a reserved turn; those behind are told when theirs can come, and it does", async () => {
    const bench = new GuardBench(everyTen);
    await bench.say("0");
    const sends = [1, 2, 3].map((n) => bench.start({ chat_id: 5, text: `${n}` }));
    await bench.clock.advance(1_000);
    expect(await queueOf(bench)).toEqual([
      { chat: "5", since: 0, rule: "chat", dueAt: 10_000, reserved: true },
      { chat: "5", since: 0, rule: undefined, dueAt: 20_000, reserved: false },
      { chat: "5", since: 0, rule: undefined, dueAt: 30_000, reserved: false },
    ]);
    await bench.clock.run(Promise.all(sends));
    expect(bench.requests.map(({ at }) => Math.round(at))).toEqual([0, 10_000, 20_000, 30_000]);
    expect(await bench.guard.queue()).toEqual([]);
  });

  test("a group's window is foreseen over several of its periods", async () => {
    const group = window({ limit: 2, perMs: 10_000 });
    const bench = new GuardBench({ limits: { group, global: false } });
    const sends = [0, 1, 2, 3, 4, 5, 6].map((n) => bench.start({ chat_id: -5, text: `${n}` }));
    await bench.clock.advance(1_000);
    const foreseen = (await queueOf(bench)).map(({ dueAt }) => dueAt!);
    await bench.clock.run(Promise.all(sends));
    const came = bench.requests.slice(2).map(({ at }) => at);
    // Places come free when Telegram has answered, or `marginMs` later: no estimate is further off than that.
    for (const [i, at] of foreseen.entries()) {
      expect(Math.abs(at - came[i]!)).toBeLessThanOrEqual(250 * (1 + i));
    }
    expect(foreseen).toHaveLength(5);
  });

  test("one chat's, one bot's, or the first few can be asked for", async () => {
    const bench = new GuardBench(everyTen);
    for (const chat of [5, 6]) await bench.say("0", chat);
    const sends = [5, 6, 5].map((chat, n) => bench.start({ chat_id: chat, text: `${n + 1}` }));
    await bench.clock.advance(0);
    expect((await queueOf(bench, { chat: 6 })).map(({ chat }) => chat)).toEqual(["6"]);
    expect(await queueOf(bench, { bot: "2" })).toEqual([]);
    expect(await queueOf(bench, { bot: "1", limit: 2 })).toHaveLength(2);
    await expect(bench.guard.queue({ chats: 6 } as never)).rejects.toThrow(/unknown option `chats`/);
    await bench.clock.run(Promise.all(sends));
  });

  test("a call that waits for a thaw is due at the thaw, also an edit", async () => {
    const bench = new GuardBench({ limits: false });
    bench.answers(flood(30));
    const send = bench.start({ chat_id: 5, text: "hello" });
    await bench.clock.advance(1_000);
    const edit = bench.start({ chat_id: 5, message_id: 1, text: "x" }, { method: "editMessageText" });
    await bench.clock.advance(0);
    expect((await queueOf(bench)).map(({ dueAt }) => dueAt)).toEqual([30_000, 30_000]);
    await bench.clock.run(Promise.all([send, edit]));
    expect(await bench.guard.queue()).toEqual([]);
  });

  test("a call that waits for a slot says which, and nobody knows when", async () => {
    const caps = { uploads: { limit: 1, methods: ["sendVideo"] } };
    const bench = new GuardBench({ limits: false, caps });
    bench.answers(bench.after(5_000));
    const video = (chat_id: number) => bench.start({ chat_id, video: "id" }, { method: "sendVideo" });
    const sends = [video(1), video(2)];
    await bench.clock.advance(1_000);
    expect(await queueOf(bench)).toEqual([
      { chat: "2", since: 0, rule: "uploads", dueAt: undefined, reserved: false },
    ]);
    await bench.clock.run(Promise.all(sends));
    expect(await bench.guard.queue()).toEqual([]);
  });

  test("who gave up or was refused is not in it any more", async () => {
    const bench = new GuardBench(everyTen);
    await bench.say("0");
    const abort = new AbortController();
    const aborted = bench.start({ chat_id: 5, text: "1" }, { signal: abort.signal });
    await bench.clock.advance(1_000);
    abort.abort();
    await bench.clock.run(aborted);
    expect(await bench.guard.queue()).toEqual([]);
  });

  test("asking changes nothing and asks the store once per bot", async () => {
    const bench = new GuardBench(everyTen);
    await bench.say("0");
    const sends = [1, 2, 3, 4].map((n) => bench.start({ chat_id: 5, text: `${n}` }));
    await bench.clock.advance(0);
    let asked = 0;
    const { stats } = bench.store;
    bench.store.stats = (request) => {
      asked++;
      return stats.call(bench.store, request);
    };
    const first = await queueOf(bench);
    expect(asked).toBe(1);
    expect(await queueOf(bench)).toEqual(first);
    await bench.clock.run(Promise.all(sends));
    expect(asked).toBe(2);
  });
});

describe("how a rule stands", () => {
  const stats = (bench: GuardBench) => bench.guard.limiter.getBucketStats(5, "CHAT", { bot: "1" });

  test("a chat's rule of the guard's own bot: what is left, what is reserved, when the next turn comes", async () => {
    const bench = new GuardBench(everyTen);
    expect(await stats(bench)).toMatchObject({
      capacity: 1,
      remaining: 1,
      reserved: 0,
      retryAfterMs: 0,
      rate: 1,
    });
    await bench.say("0");
    const send = bench.start({ chat_id: 5, text: "1" });
    await bench.clock.advance(0);
    expect(await stats(bench)).toMatchObject({
      remaining: -1,
      reserved: 1,
      retryAfterMs: 20_000,
      frozenMs: 0,
    });
    expect(await bench.guard.limiter.checkRemaining(5, "CHAT", { bot: "1" })).toBe(0);
    await bench.clock.run(send);
  });

  test("a flood: frozen until when, and at four fifths of its rate afterwards", async () => {
    const bench = new GuardBench();
    bench.answers(flood(30));
    const send = bench.start({ chat_id: 5, text: "hello" });
    await bench.clock.advance(10_000);
    expect(await stats(bench)).toMatchObject({ frozenMs: 20_000, rate: 0.8 });
    expect(await bench.guard.limiter.checkRemaining(5, "CHAT", { bot: "1" })).toBe(0);
    await bench.clock.run(send);
    await bench.clock.advance(60_000);
    expect((await stats(bench)).rate).toBeCloseTo(0.9, 2);
  });

  test("the bot's rule", async () => {
    const bench = new GuardBench();
    for (let n = 0; n < 10; n++) await bench.say(`${n}`, 100 + n);
    const { capacity, remaining } = await bench.guard.limiter.getBucketStats("1", "GLOBAL", { bot: "1" });
    expect({ capacity, remaining }).toEqual({ capacity: 30, remaining: 20 });
  });

  test("adaptive: false reads as the rule says, whatever others left", async () => {
    const bench = new GuardBench({ flood: { adaptive: false } });
    bench.answers(flood(1));
    await bench.say("hello");
    expect((await stats(bench)).rate).toBe(1);
  });
});
