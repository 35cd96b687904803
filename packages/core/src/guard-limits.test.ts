import { describe, expect, it } from "vitest";
import { delivery } from "./delivery-options.js";
import { tokenBucket, window } from "./limiter/rules.js";
import { insideUpdate, openUpdate } from "./scope.js";
import { failed, GuardBench } from "./testing/guard-bench.js";

const inUpdate = <T>(id: number, fn: () => T): T => insideUpdate(openUpdate("1", id), fn);
const all = <T>(bench: GuardBench, calls: Promise<T>[]): Promise<T[]> => bench.clock.run(Promise.all(calls));
const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

/** Sends `n` messages to one chat at once. */
const burst = (bench: GuardBench, n: number, payload: object = { chat_id: 5 }) =>
  count(0, n).map((i) => bench.start({ text: `${i}`, ...payload }));

const onePerSecond = { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }) };

describe("outside an update", () => {
  it("a chat is paced by its rule, in the order of the calls", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    const deliveries = await all(bench, burst(bench, 4));
    expect(bench.requests.map(({ at }) => Math.round(at))).toEqual([0, 1_000, 2_000, 3_000]);
    expect(bench.texts).toEqual(["0", "1", "2", "3"]);
    expect(deliveries.map(({ waitedMs }) => waitedMs)).toEqual([0, 1_000, 2_000, 3_000]);
  });

  it("chats do not wait for each other", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    await all(bench, [...burst(bench, 2), ...burst(bench, 2, { chat_id: 6 })]);
    expect(bench.requests.map(({ at }) => Math.round(at))).toEqual([0, 0, 1_000, 1_000]);
  });

  it("the whole bot is paced, too, at 30 at once and 30 per second", async () => {
    const bench = new GuardBench();
    await all(
      bench,
      count(1, 91).map((chat) => bench.start({ chat_id: chat, text: "post" })),
    );
    expect(bench.requests.filter(({ at }) => at === 0)).toHaveLength(30);
    expect(bench.requests.at(-1)!.at).toBeCloseTo(2_000, 0);
  });

  it("a group is held to 20 in every trailing minute, however slowly Telegram answers", async () => {
    const bench = new GuardBench({ maxWaitMs: 600_000 });
    bench.answers(...count(0, 75).map((i) => bench.after((i * 37) % 900)));
    const other = bench.sibling();
    const calls = count(0, 75).map((i) => (i % 2 ? bench : other).start({ chat_id: -100, text: `${i}` }));
    await all(bench, calls);
    const times = bench.requests.map(({ at }) => at);
    expect(times).toHaveLength(75);
    for (let i = 20; i < times.length; i++) expect(times[i]! - times[i - 20]!).toBeGreaterThanOrEqual(60_000);
    expect(times.at(-1)).toBeLessThan(190_000);
  });

  it("an album counts as its messages", async () => {
    const bench = new GuardBench({ limits: { chat: tokenBucket({ capacity: 10, refillPerSecond: 1 }) } });
    const media = (n: number) => ({
      chat_id: 5,
      media: count(0, n).map((i) => ({ type: "photo", media: `${i}` })),
    });
    await bench.call(media(8), { method: "sendMediaGroup" });
    const second = await bench.call(media(5), { method: "sendMediaGroup" });
    expect(second.waitedMs).toBe(3_000);
  });

  it("a call may say what it costs", async () => {
    const bench = new GuardBench({ limits: { chat: tokenBucket({ capacity: 5, refillPerSecond: 1 }) } });
    await bench.call({ chat_id: 5, text: "a", ...delivery({ cost: 5 }) });
    expect((await bench.say("b")).waitedMs).toBe(1_000);
  });

  it("the paid quota stands in for the bot's", async () => {
    const bench = new GuardBench();
    await all(
      bench,
      count(1, 101).map((chat) => bench.start({ chat_id: chat, text: "a", allow_paid_broadcast: true })),
    );
    expect(bench.now).toBe(0);
  });
});

describe("patience", () => {
  it("that is too short for the turn is told so at once, with the time to come again", async () => {
    const bench = new GuardBench({ limits: onePerSecond, maxWaitMs: 500 });
    await bench.say("a");
    const refusal = await bench.say("b");
    expect(refusal).toMatchObject({ status: "rate_limited", retryAfterMs: 1_000, rule: "chat", attempts: 0 });
    expect(bench.now).toBe(0);
    await bench.clock.advance(1_000);
    expect((await bench.say("b")).status).toBe("sent");
  });

  it("is 120 s outside an update and 8 s inside one", async () => {
    const bench = new GuardBench({ limits: { group: window({ limit: 1, perMs: 30_000 }) } });
    await bench.say("a", -5);
    expect((await inUpdate(7, () => bench.say("b", -5))).status).toBe("rate_limited");
    expect(await bench.say("b", -5)).toMatchObject({ status: "sent", waitedMs: 30_000 });
  });

  it("of one call is its own", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    await bench.say("a");
    const refusal = await bench.call({ chat_id: 5, text: "b", ...delivery({ maxWaitMs: 0 }) });
    expect(refusal.status).toBe("rate_limited");
  });

  it("counts the wait in line: who cannot make it is refused when that is known", async () => {
    const bench = new GuardBench({ limits: onePerSecond, maxWaitMs: 2_500 });
    const deliveries = await all(bench, burst(bench, 6));
    expect(deliveries.map(({ status }) => status)).toEqual([
      "sent",
      "sent",
      "sent",
      "rate_limited",
      "rate_limited",
      "rate_limited",
    ]);
    expect(bench.now).toBeLessThanOrEqual(2_001);
  });
});

describe("aborting", () => {
  it("while waiting sends nothing and gives the turn to the next", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    await bench.say("a");
    const abort = new AbortController();
    const aborted = bench.start({ chat_id: 5, text: "b" }, { signal: abort.signal });
    await bench.clock.advance(100);
    abort.abort();
    expect(await bench.clock.run(aborted)).toMatchObject({ status: "aborted", attempts: 0 });
    expect((await bench.say("c")).waitedMs).toBe(900);
    expect(bench.texts).toEqual(["a", "c"]);
    expect(bench.clock.pending).toBe(0);
  });

  it("before the call sends nothing", async () => {
    const bench = new GuardBench();
    expect((await bench.call({ chat_id: 5, text: "a" }, { signal: AbortSignal.abort() })).status).toBe(
      "aborted",
    );
    expect(bench.requests).toHaveLength(0);
    expect((await bench.say("a")).status).toBe("sent");
  });

  it("in line behind others leaves their order alone", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    const abort = new AbortController();
    const calls = ["a", "b", "c", "d"].map((text) =>
      bench.start({ chat_id: 5, text }, text === "c" ? { signal: abort.signal } : {}),
    );
    await bench.clock.advance(500);
    abort.abort();
    await all(bench, calls);
    expect(bench.requests.map(({ at, payload }) => [payload.text, Math.round(at)])).toEqual([
      ["a", 0],
      ["b", 1_000],
      ["d", 2_000],
    ]);
  });
});

describe("what was never sent", () => {
  it("gives its turns back", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    bench.answers(failed("ECONNREFUSED"));
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "unsent" });
    expect((await bench.say("b")).waitedMs).toBe(0);
  });
});

describe("replies", () => {
  it("pay but do not wait: 100 replies in a second to 100 chats go out at once", async () => {
    const bench = new GuardBench();
    const calls = count(1, 101).map((chat) =>
      inUpdate(chat, () => bench.start({ chat_id: chat, text: "Hi" })),
    );
    expect((await all(bench, calls)).every(({ waitedMs }) => waitedMs === 0)).toBe(true);
    expect(bench.now).toBe(0);
    expect((await bench.say("post")).waitedMs).toBeCloseTo(1_034, -1);
  });

  it("wait like everything else when told to", async () => {
    const bench = new GuardBench({ limits: onePerSecond, replies: "wait" });
    const calls = inUpdate(7, () => burst(bench, 3));
    await all(bench, calls);
    expect(bench.now).toBeCloseTo(2_000, 0);
  });

  it("to groups are held always", async () => {
    const bench = new GuardBench({ limits: { group: window({ limit: 1, perMs: 5_000 }) } });
    const calls = inUpdate(7, () => burst(bench, 2, { chat_id: -5 }));
    await all(bench, calls);
    expect(bench.requests[1]!.at).toBeGreaterThanOrEqual(5_000);
  });

  it("do not stand behind posts that wait for the same chat", async () => {
    const bench = new GuardBench({ limits: onePerSecond });
    const posts = burst(bench, 5);
    await bench.clock.advance(10);
    const reply = await inUpdate(7, () => bench.say("Hi"));
    expect(reply.waitedMs).toBe(0);
    await all(bench, posts);
  });
});

describe("priorities", () => {
  const limits = { global: tokenBucket({ capacity: 1, refillPerSecond: 1 }), bulk: false } as const;
  const post = (bench: GuardBench, chat: number, priority: "high" | "normal" | "bulk") =>
    bench.start({ chat_id: chat, text: priority, ...delivery({ priority }) });

  it("high does not queue behind reserved turns; turns handed out after it pay", async () => {
    const bench = new GuardBench({ limits: { global: tokenBucket({ capacity: 3, refillPerSecond: 1 }) } });
    const posts = [1, 2, 3, 4].map((chat) => post(bench, chat, "normal"));
    await bench.clock.advance(100);
    expect((await bench.clock.run(post(bench, 9, "high"))).waitedMs).toBe(0);
    await all(bench, [...posts, post(bench, 10, "normal")]);
    expect(bench.requests.map(({ at }) => Math.round(at))).toEqual([0, 0, 0, 100, 1_000, 3_000]);
  });

  it("a predicate tells which chats are urgent; what a call says itself goes first", async () => {
    const limits = { global: tokenBucket({ capacity: 1, refillPerSecond: 1 }) };
    const vip = 7;
    const bench = new GuardBench({
      limits,
      priority: ({ payload }) => (payload.chat_id === vip ? "high" : undefined),
    });
    const sends = [1, 2, 3, vip].map((chat) => bench.start({ chat_id: chat, text: "alert" }));
    sends.push(bench.start({ chat_id: vip, text: "later", ...delivery({ priority: "normal" }) }));
    await all(bench, sends);
    expect(bench.requests.slice(0, 2).map(({ payload }) => payload.chat_id)).toEqual([1, vip]);
    expect(bench.texts.at(-1)).toBe("later");
  });

  it("a predicate that answers nonsense, or a promise, fails its call, and nothing else", async () => {
    const answers = [() => "urgent" as never, () => Promise.resolve("high") as never];
    for (const priority of answers) {
      const bench = new GuardBench({ priority });
      await expect(bench.say("x")).rejects.toThrow(/priority/);
      expect(bench.requests).toEqual([]);
    }
  });

  it("high is paid by the turns reserved ahead, where there are more than the bucket may be overdrawn by", async () => {
    const bench = new GuardBench({ limits });
    const posts = [1, 2, 3].map((chat) => post(bench, chat, "normal"));
    await bench.clock.advance(100);
    await bench.clock.run(post(bench, 9, "high"));
    await all(bench, [...posts, post(bench, 10, "normal")]);
    expect(bench.requests.map(({ at }) => Math.round(at))).toEqual([0, 100, 2_000, 3_000, 4_000]);
  });

  it("bulk stays behind the turns that normal calls have reserved", async () => {
    const bench = new GuardBench({ limits });
    const calls = [post(bench, 1, "normal"), post(bench, 2, "normal"), post(bench, 3, "bulk")];
    await all(bench, calls);
    expect(bench.texts).toEqual(["normal", "normal", "bulk"]);
  });

  it("bulk pays a rule of its own", async () => {
    const bench = new GuardBench({ limits: { bulk: tokenBucket({ capacity: 1, refillPerSecond: 1 }) } });
    await all(bench, [post(bench, 1, "bulk"), post(bench, 2, "bulk"), post(bench, 3, "normal")]);
    expect(bench.requests.map(({ at, payload }) => [payload.text, Math.round(at)])).toEqual([
      ["bulk", 0],
      ["normal", 0],
      ["bulk", 1_000],
    ]);
  });
});

describe("limits: false", () => {
  it("waits for nothing but floods", async () => {
    const bench = new GuardBench({ limits: false });
    await all(bench, burst(bench, 200));
    expect(bench.now).toBe(0);
  });
});

it("a call that waits tells so, once per wait", async () => {
  const bench = new GuardBench({ limits: onePerSecond });
  await bench.say("a");
  await bench.say("b");
  expect(bench.events.wait).toHaveLength(1);
  expect(bench.events.wait?.[0]).toMatchObject({ bot: "1", method: "sendMessage", rule: "chat" });
  expect(bench.events.wait?.[0]?.waitMs).toBeCloseTo(1_000, 1);
});
