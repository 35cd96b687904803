import { createGuard, type GuardOptions, memoryStore, tokenBucket, window } from "@sendonce/core";
import { describe, expect, test } from "vitest";
import { failed, flood, GuardBench, refused } from "../../packages/core/src/testing/guard-bench.js";

const uploads = (limit: number): GuardOptions => ({
  caps: { uploads: { limit, methods: ["sendVideo"] } },
  limits: false,
});
const upload = { method: "sendVideo" };

/** Starts as many uploads, each to its own chat; each request takes `ms`. */
function uploading(bench: GuardBench, count: number, ms: number, from = 100) {
  bench.answers(...Array.from({ length: count }, () => bench.after(ms)));
  return Array.from({ length: count }, (_, n) => bench.start({ chat_id: from + n, video: "id" }, upload));
}

const chatsOf = (bench: GuardBench) => bench.requests.map(({ payload }) => payload.chat_id);
const startsOf = (bench: GuardBench) => bench.requests.map(({ at }) => at);

describe("at most so many at once", () => {
  test("three go, the others wait their turn: first come, first served", async () => {
    const bench = new GuardBench(uploads(3));
    const sends = uploading(bench, 7, 1_000);
    await bench.clock.run(Promise.all(sends));
    expect(startsOf(bench)).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000]);
    expect(chatsOf(bench)).toEqual([100, 101, 102, 103, 104, 105, 106]);
  });

  test("guards that share a store share the slots", async () => {
    const bench = new GuardBench(uploads(2));
    const sibling = bench.sibling();
    const sends = [...uploading(bench, 3, 1_000), ...uploading(sibling, 3, 1_000, 200)];
    await bench.clock.run(Promise.all(sends));
    const starts = startsOf(bench);
    for (const at of starts)
      expect(starts.filter((one) => one > at - 1_000 && one <= at).length).toBeLessThan(3);
    expect(starts).toHaveLength(6);
  });

  test("other methods go their way", async () => {
    const bench = new GuardBench(uploads(1));
    const [send] = uploading(bench, 1, 60_000);
    await bench.clock.advance(10);
    expect((await bench.say("hello")).status).toBe("sent");
    expect(bench.now).toBe(10);
    await bench.clock.run(send!);
  });

  test("methods are told in any case", async () => {
    const bench = new GuardBench({ ...uploads(1), caps: { uploads: { limit: 1, methods: ["SENDVIDEO"] } } });
    await bench.clock.run(Promise.all(uploading(bench, 2, 500)));
    expect(startsOf(bench)).toEqual([0, 500]);
  });

  test("a predicate may look into the call", async () => {
    const covers = ({ payload }: { payload: { chat_id?: unknown } }) => payload.chat_id === 100;
    const bench = new GuardBench({ limits: false, caps: { vip: { limit: 1, methods: covers } } });
    bench.answers(bench.after(500), bench.after(500), bench.after(500));
    const to = (chat_id: number, text: string) => bench.start({ chat_id, text });
    await bench.clock.run(Promise.all([to(100, "a"), to(101, "b"), to(100, "c")]));
    expect(bench.texts.slice().sort()).toEqual(["a", "b", "c"]);
    expect(bench.texts.at(-1)).toBe("c");
    expect(startsOf(bench)).toEqual([0, 0, 500]);
  });

  test("what a predicate throws reaches the caller, and nothing is sent or held", async () => {
    const broken = () => {
      throw new Error("mine");
    };
    const bench = new GuardBench({ caps: { any: { limit: 1, methods: broken } } });
    await expect(bench.say("hello")).rejects.toThrow("mine");
    expect(bench.requests).toEqual([]);
  });

  test("a call under two caps takes a slot of each", async () => {
    const methods = ["sendVideo", "sendPhoto"];
    const caps = { uploads: { limit: 1, methods: ["sendVideo"] }, media: { limit: 2, methods } };
    const bench = new GuardBench({ limits: false, caps });
    bench.answers(...[1, 2, 3, 4].map(() => bench.after(1_000)));
    const photo = (chat_id: number) => bench.start({ chat_id, photo: "id" }, { method: "sendPhoto" });
    const video = (chat_id: number) => bench.start({ chat_id, video: "id" }, upload);
    await bench.clock.run(Promise.all([video(1), video(2), photo(3), photo(4)]));
    expect(chatsOf(bench).slice(0, 2).sort()).toEqual([1, 3]);
    expect(startsOf(bench)).toEqual([0, 0, 1_000, 1_000]);
  });

  test("edits and other methods without a turn are capped as well", async () => {
    const bench = new GuardBench({ caps: { edits: { limit: 1, methods: ["editMessageMedia"] } } });
    bench.answers(bench.after(500), bench.after(500));
    const edit = (message_id: number) =>
      bench.start({ chat_id: 5, message_id, media: {} }, { method: "editMessageMedia" });
    await bench.clock.run(Promise.all([edit(1), edit(2)]));
    expect(startsOf(bench)).toEqual([0, 500]);
  });

  test("flood: false does not lift a cap", async () => {
    const bench = new GuardBench({
      flood: false,
      caps: { edits: { limit: 1, methods: ["editMessageMedia"] } },
    });
    bench.answers(bench.after(500), bench.after(500));
    const edit = (message_id: number) =>
      bench.start({ chat_id: 5, message_id, media: {} }, { method: "editMessageMedia" });
    await bench.clock.run(Promise.all([edit(1), edit(2)]));
    expect(startsOf(bench)).toEqual([0, 500]);
  });
});

describe("a slot is given back", () => {
  test.each([
    ["a refusal of Telegram's", () => refused(400)],
    ["a connection that was never made", () => failed("ECONNREFUSED")],
    ["an unknown outcome", () => failed("ECONNRESET")],
  ])("after %s", async (_, answer) => {
    const bench = new GuardBench(uploads(1));
    bench.answers(answer());
    await bench.call({ chat_id: 1, video: "id" }, upload);
    expect((await bench.call({ chat_id: 2, video: "id" }, upload)).status).toBe("sent");
    expect(bench.now).toBe(0);
  });

  test("while a call waits for a thaw", async () => {
    const bench = new GuardBench(uploads(1));
    bench.answers(flood(30));
    const flooded = bench.start({ chat_id: 1, video: "id" }, upload);
    await bench.clock.advance(100);
    expect((await bench.call({ chat_id: 2, video: "id" }, upload)).status).toBe("sent");
    expect(bench.now).toBe(100);
    await bench.clock.run(flooded);
    expect(chatsOf(bench)).toEqual([1, 2, 1]);
  });

  test("while a call waits for its turn", async () => {
    const chat = tokenBucket({ capacity: 1, refillPerSecond: 1 / 30 });
    const bench = new GuardBench({ ...uploads(1), limits: { chat, global: false } });
    const first = bench.call({ chat_id: 1, video: "a" }, upload);
    await first;
    const second = bench.start({ chat_id: 1, video: "b" }, upload);
    await bench.clock.advance(1_000);
    expect((await bench.call({ chat_id: 2, video: "c" }, upload)).status).toBe("sent");
    expect(bench.now).toBe(1_000);
    await bench.clock.run(second);
    expect(bench.now).toBeCloseTo(30_000, 1);
  });

  test("a slot outlives its lease while the request is open", async () => {
    const bench = new GuardBench(uploads(1));
    const sends = uploading(bench, 2, 100_000);
    await bench.clock.run(Promise.all(sends));
    expect(startsOf(bench)).toEqual([0, 100_000]);
  });

  test("nothing is left when all have ended: no slot, no timer", async () => {
    const store = memoryStore();
    const bench = new GuardBench({ ...uploads(2), store });
    await bench.clock.run(Promise.all(uploading(bench, 5, 1_000)));
    expect(store.slots.size).toBe(0);
    expect(bench.clock.pending).toBe(0);
  });

  test("close() waits for the request, and until its slot is free", async () => {
    const store = memoryStore();
    const bench = new GuardBench({ ...uploads(1), store });
    const { free } = store.slots;
    store.slots.free = async (slot) => {
      await bench.clock.sleep(500);
      await free.call(store.slots, slot);
    };
    uploading(bench, 1, 5_000);
    await bench.clock.advance(1_000);
    expect(store.slots.size).toBe(1);
    await bench.clock.run(bench.guard.close());
    expect(store.slots.size).toBe(0);
  });
});

describe("who waits for a slot", () => {
  test("gives up at its maxWaitMs, as rate limited by the cap, and gives its turn back", async () => {
    const bench = new GuardBench({
      ...uploads(1),
      maxWaitMs: 2_000,
      limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }), global: false },
    });
    const [first] = uploading(bench, 1, 60_000, 1);
    await bench.clock.advance(1);
    const delivery = await bench.call({ chat_id: 2, video: "id" }, upload);
    expect(delivery).toMatchObject({ status: "rate_limited", rule: "uploads", retryAfterMs: 1_000 });
    expect(delivery.waitedMs).toBe(2_000);
    await bench.clock.run(first!);
    expect((await bench.guard.limiter.getBucketStats(2, "CHAT", { bot: "1" })).remaining).toBe(1);
  });

  test("who has no patience is refused at once", async () => {
    const bench = new GuardBench({ ...uploads(1), maxWaitMs: 0 });
    const [first] = uploading(bench, 1, 1_000);
    await bench.clock.advance(1);
    const delivery = await bench.call({ chat_id: 2, video: "id" }, upload);
    expect(delivery).toMatchObject({ status: "rate_limited", rule: "uploads", waitedMs: 0 });
    await bench.clock.run(first!);
  });

  test("stops at its signal, and holds up nobody", async () => {
    const bench = new GuardBench(uploads(1));
    const abort = new AbortController();
    const [first] = uploading(bench, 1, 10_000);
    await bench.clock.advance(1);
    const aborted = bench.start({ chat_id: 2, video: "id" }, { ...upload, signal: abort.signal });
    const last = bench.start({ chat_id: 3, video: "id" }, upload);
    await bench.clock.advance(1_000);
    abort.abort();
    expect((await bench.clock.run(aborted)).status).toBe("aborted");
    expect(bench.now).toBe(1_001);
    await bench.clock.run(Promise.all([first, last]));
    expect(startsOf(bench)).toEqual([0, 10_000]);
    expect(chatsOf(bench)).toEqual([100, 3]);
  });

  test("keeps its reserved turn for longer than the turn's grace: a twin elsewhere does not take it over", async () => {
    const chat = tokenBucket({ capacity: 1, refillPerSecond: 1 / 100 });
    const bench = new GuardBench({ ...uploads(1), limits: { chat, global: false } });
    await bench.call({ chat_id: 1, video: "first" }, upload);
    const second = bench.start({ chat_id: 1, video: "second" }, upload);
    await bench.clock.advance(95_000);
    const [long] = uploading(bench, 1, 20_000, 9);
    await bench.clock.advance(16_000);
    const twin = bench.sibling({ ...uploads(2), limits: { chat, global: false } });
    const replayed = twin.start({ chat_id: 1, video: "second" }, upload);
    const ended = await bench.clock.run(Promise.all([second, long!, replayed]));
    expect(ended.map(({ status }) => status)).toEqual(["sent", "sent", "replayed"]);
    expect(startsOf(bench)).toEqual([0, 95_000, 115_000]);
  });

  test("gives a reserved turn back when it gives up", async () => {
    const chat = tokenBucket({ capacity: 1, refillPerSecond: 1 / 10 });
    const bench = new GuardBench({ ...uploads(1), maxWaitMs: 15_000, limits: { chat, global: false } });
    await bench.call({ chat_id: 1, video: "first" }, upload);
    const second = bench.start({ chat_id: 1, video: "second" }, upload);
    await bench.clock.advance(5_000);
    const [long] = uploading(bench, 1, 60_000, 9);
    expect(await bench.clock.run(second)).toMatchObject({ status: "rate_limited", rule: "uploads" });
    expect(await bench.guard.limiter.checkRemaining(1, "CHAT", { bot: "1" })).toBe(1);
    await bench.clock.run(long!);
  });

  test("keeps the order of its chat", async () => {
    const bench = new GuardBench({ caps: { uploads: { limit: 1, methods: ["sendVideo"] } } });
    const [long] = uploading(bench, 1, 3_000, 9);
    await bench.clock.advance(1);
    const video = bench.start({ chat_id: 5, video: "id" }, upload);
    const text = bench.start({ chat_id: 5, text: "what the video shows" });
    await bench.clock.run(Promise.all([long, video, text]));
    expect(bench.requests.map(({ method }) => method)).toEqual(["sendVideo", "sendVideo", "sendMessage"]);
  });

  test("is told of as a wait for the cap", async () => {
    const bench = new GuardBench(uploads(1));
    await bench.clock.run(Promise.all(uploading(bench, 2, 1_000)));
    expect(bench.events.wait).toEqual([
      expect.objectContaining({ method: "sendVideo", rule: "uploads", waitMs: 100 }),
    ]);
  });

  test("a slot spares no limit: a window is never exceeded", async () => {
    const bench = new GuardBench({
      ...uploads(2),
      limits: { group: window({ limit: 2, perMs: 10_000 }), global: false },
    });
    bench.answers(...Array.from({ length: 6 }, () => bench.after(3_000)));
    const sends = [1, 2, 3, 4, 5, 6].map((n) => bench.start({ chat_id: -7, video: `${n}` }, upload));
    await bench.clock.run(Promise.all(sends));
    const starts = startsOf(bench);
    for (let i = 2; i < starts.length; i++)
      expect(starts[i]! - (starts[i - 2]! + 3_000)).toBeGreaterThanOrEqual(10_000);
    expect(bench.requests.map(({ payload }) => payload.video)).toEqual(["1", "2", "3", "4", "5", "6"]);
  });
});

describe("the option is checked", () => {
  test.each<[string, unknown, RegExp]>([
    ["a list", [], /`caps` must be an object of caps by name.*got an array/],
    ["a name that cannot stand in a key", { "my cap": {} }, /names in `caps` must be 1 to 32 letters/],
    [
      "the name of a rule",
      { chat: { limit: 1, methods: ["sendVideo"] } },
      /`caps.chat` is the name of a rule; give/,
    ],
    [
      "an unknown field",
      { a: { limit: 1, max: 2 } },
      /`caps.a`: unknown option `max`; the options are limit, methods/,
    ],
    [
      "no limit",
      { a: { methods: ["sendVideo"] } },
      /`caps.a.limit` must be a whole number of requests, at least 1/,
    ],
    ["a limit of nothing", { a: { limit: 0, methods: ["sendVideo"] } }, /`caps.a.limit` .* got 0/],
    ["no methods", { a: { limit: 1 } }, /`caps.a.methods` must be a list of Bot API methods or a function/],
    ["an empty list", { a: { limit: 1, methods: [] } }, /`caps.a.methods` must be a list/],
    [
      "a method that is never held",
      { a: { limit: 1, methods: ["getFile"] } },
      /names getFile, which is never held back/,
    ],
  ])("%s is named", (_, caps, message) => {
    expect(() => createGuard({ caps: caps as never })).toThrow(message);
    expect(() => createGuard({ caps: caps as never })).toThrow(
      expect.objectContaining({ code: "configuration" }),
    );
  });

  test("a store without slots is refused together with the option, and with it alone", () => {
    const { admit, renew, settle, freeze, inspect, stats, reset, sweep, ping, close } = memoryStore();
    const store = { name: "mine", admit, renew, settle, freeze, inspect, stats, reset, sweep, ping, close };
    expect(() => createGuard({ ...uploads(1), store })).toThrow(
      /`caps` needs a store with slots, and mine has none/,
    );
    expect(() => createGuard({ store })).not.toThrow();
  });
});
