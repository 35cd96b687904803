import { describe, expect, it } from "vitest";
import { delivery } from "./delivery-options.js";
import { tokenBucket } from "./limiter/rules.js";
import { insideUpdate, openUpdate } from "./scope.js";
import { failed, flood, GuardBench, ok, refused } from "./testing/guard-bench.js";

const all = <T>(bench: GuardBench, calls: Promise<T>[]): Promise<T[]> => bench.clock.run(Promise.all(calls));
const times = (bench: GuardBench) => bench.requests.map(({ at }) => Math.round(at));

describe.each([
  ["with limits", {}],
  ["with limits: false", { limits: false }],
] as const)("a 429, %s", (_, options) => {
  it("is waited out and tried again", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(3));
    expect(await bench.say("a")).toMatchObject({ status: "sent", attempts: 2, waitedMs: 3_000 });
    expect(times(bench)).toEqual([0, 3_000]);
    expect(bench.events.freeze).toMatchObject([{ rule: "chat", retryAfterMs: 3_000, chat: "5" }]);
  });

  it("stops the chat for every process, and no other chat", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(3));
    const first = bench.start({ chat_id: 5, text: "a" });
    await bench.clock.advance(10);
    const other = bench.sibling();
    const calls = [other.start({ chat_id: 5, text: "b" }), other.start({ chat_id: 6, text: "c" })];
    await all(bench, [first, ...calls]);
    expect(bench.requests.map(({ payload }) => payload.text)).toEqual(["a", "c", "a", "b"]);
    expect(times(bench)).toEqual([0, 10, 3_000, 3_000]);
  });

  it("keeps the order of the calls to a chat: the one that met it goes first again", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(3));
    const first = bench.start({ chat_id: 5, text: "a" });
    await bench.clock.advance(1);
    const later = ["b", "c"].map((text) => bench.start({ chat_id: 5, text }));
    await all(bench, [first, ...later]);
    expect(bench.texts).toEqual(["a", "a", "b", "c"]);
  });

  it("is tried again three times and then handed to the caller", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(1), flood(2), flood(3), flood(4));
    const delivery = await bench.say("a");
    expect(delivery).toMatchObject({ status: "failed", outcome: "rejected", attempts: 4, reply: flood(4) });
    expect(times(bench)).toEqual([0, 1_000, 3_000, 6_000]);
    expect((await bench.say("a")).status).toBe("sent");
  });

  it("that outlasts the caller's patience is handed over at once, and the rule stands still", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(60));
    const answer = await bench.call({ chat_id: 5, text: "a", ...delivery({ maxWaitMs: 30_000 }) });
    expect(answer).toMatchObject({ status: "failed", outcome: "rejected", attempts: 1 });
    expect(bench.now).toBe(0);
    const refusal = await bench.call({ chat_id: 5, text: "b", ...delivery({ maxWaitMs: 30_000 }) });
    expect(refusal).toMatchObject({ status: "rate_limited", retryAfterMs: 60_000, rule: "chat" });
  });

  it("holds replies too", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(3));
    await insideUpdate(openUpdate("1", 7), () => bench.say("a"));
    expect(times(bench)).toEqual([0, 3_000]);
  });
});

describe("a retry after a flood", () => {
  it("that is aborted sends no more and frees its key", async () => {
    const bench = new GuardBench();
    bench.answers(flood(3));
    const abort = new AbortController();
    const call = bench.start({ chat_id: 5, text: "a" }, { signal: abort.signal });
    await bench.clock.advance(1_000);
    abort.abort();
    expect(await bench.clock.run(call)).toMatchObject({ status: "aborted", attempts: 1 });
    await bench.clock.advance(2_000);
    expect(await bench.say("a")).toMatchObject({ status: "sent", waitedMs: 0 });
  });

  it("counts the times that the option says", async () => {
    const bench = new GuardBench({ flood: { retries: 0 } });
    bench.answers(flood(1));
    expect(await bench.say("a")).toMatchObject({ status: "failed", attempts: 1 });
    expect((await bench.say("b")).waitedMs).toBe(1_000);
  });
});

describe("flood: false", () => {
  it("hands the 429 to the caller and holds nothing", async () => {
    const bench = new GuardBench({ flood: false });
    bench.answers(flood(60));
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "rejected", attempts: 1 });
    expect(await bench.say("b")).toMatchObject({ status: "sent", waitedMs: 0 });
    bench.answers(flood(60));
    const edit = () => bench.call({ chat_id: 5, message_id: 1, text: "c" }, { method: "editMessageText" });
    expect((await edit()).status).toBe("failed");
    expect((await edit()).status).toBe("sent");
    expect(bench.events.freeze).toBeUndefined();
  });
});

describe("an album that meets a flood", () => {
  const album = { chat_id: 5, media: [{ type: "photo", media: "1" }] };

  it("is not repeated, since some of it may be there; its chat stands still", async () => {
    const bench = new GuardBench();
    bench.answers(flood(3));
    const answer = await bench.call(album, { method: "sendMediaGroup" });
    expect(answer).toMatchObject({ status: "failed", outcome: "unknown", attempts: 1 });
    expect((await bench.say("b")).waitedMs).toBe(3_000);
    expect((await bench.call(album, { method: "sendMediaGroup" })).status).toBe("ambiguous");
  });
});

describe("calls that change what is there", () => {
  const edit = (bench: GuardBench) =>
    bench.start({ chat_id: 5, message_id: 1, text: "x" }, { method: "editMessageText" });

  it("pay nothing and are not deduplicated", async () => {
    const bench = new GuardBench();
    await all(
      bench,
      Array.from({ length: 50 }, () => edit(bench)),
    );
    expect(bench.requests).toHaveLength(50);
    expect(bench.now).toBe(0);
  });

  it("wait for a thaw of their chat", async () => {
    const bench = new GuardBench();
    bench.answers(flood(3));
    const say = bench.start({ chat_id: 5, text: "a" });
    await bench.clock.advance(100);
    const edited = await bench.clock.run(edit(bench));
    expect(edited).toMatchObject({ status: "sent", attempts: 1, waitedMs: 2_900 });
    await bench.clock.run(say);
  });

  it("are tried again after a flood of their own, which stops the chat for all", async () => {
    const bench = new GuardBench();
    bench.answers(flood(3));
    const edited = edit(bench);
    await bench.clock.advance(100);
    const said = bench.say("a");
    expect((await said).waitedMs).toBe(2_900);
    expect(await bench.clock.run(edited)).toMatchObject({ status: "sent", attempts: 2, waitedMs: 3_000 });
  });

  it("are refused at once when the thaw is too far away, and end when aborted", async () => {
    const bench = new GuardBench({ maxWaitMs: 5_000, flood: { retries: 0 } });
    bench.answers(flood(60));
    expect((await bench.clock.run(edit(bench))).status).toBe("failed");
    expect(await bench.clock.run(edit(bench))).toMatchObject({
      status: "rate_limited",
      retryAfterMs: 60_000,
      rule: "chat",
    });
    const method = "deleteMessage";
    const patient = { chat_id: 5, message_id: 1, ...delivery({ maxWaitMs: 90_000 }) };
    const abort = new AbortController();
    const waiting = bench.start(patient, { method, signal: abort.signal });
    await bench.clock.advance(1_000);
    abort.abort();
    expect((await bench.clock.run(waiting)).status).toBe("aborted");
    expect(bench.requests).toHaveLength(1);
  });

  it("that are about nobody in particular wait for floods of their method", async () => {
    const bench = new GuardBench();
    bench.answers(flood(2));
    const link = () => bench.start({ title: "x" }, { method: "createInvoiceLink" });
    expect((await bench.clock.run(link())).waitedMs).toBe(2_000);
    expect(bench.events.freeze).toMatchObject([{ rule: "method" }]);
  });
});

describe("answers, getters, setters and polling", () => {
  it("are never held, whatever is frozen, and never tried again", async () => {
    const bench = new GuardBench({ limits: { chat: false } });
    bench.answers(flood(60));
    const say = bench.start({ chat_id: 5, text: "a" });
    await bench.clock.advance(10);
    for (const method of ["answerCallbackQuery", "getChat", "setWebhook", "getUpdates"]) {
      bench.answers(flood(5), ok(true));
      const call = () => bench.start({ chat_id: 5 }, { method });
      expect(await bench.clock.run(call())).toMatchObject({ status: "failed", attempts: 1, waitedMs: 0 });
      expect(await bench.clock.run(call())).toMatchObject({ status: "sent", scope: "none" });
    }
    expect(bench.now).toBe(10);
    expect(bench.events.freeze).toHaveLength(1);
    await bench.clock.run(say);
  });
});

describe("an unknown outcome", () => {
  it("is reported as it is, and its twin is refused", async () => {
    const bench = new GuardBench();
    bench.answers(failed("ECONNRESET"));
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "unknown", attempts: 1 });
    expect(await bench.say("a")).toMatchObject({ status: "ambiguous", attempts: 0 });
    expect(await bench.sibling().say("a")).toMatchObject({ status: "ambiguous" });
    expect(bench.requests).toHaveLength(1);
  });

  it.each([
    ["a 502", refused(502)],
    ["a webhook reply", ok(true)],
  ])("may be %s", async (_, reply) => {
    const bench = new GuardBench();
    bench.answers(reply);
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "unknown", reply });
  });

  it("is what a throwing send leaves", async () => {
    const bench = new GuardBench();
    bench.answers(() => Promise.reject(new Error("bug")));
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "unknown" });
  });

  it('goes out again with onAmbiguous: "retry"', async () => {
    const bench = new GuardBench({ idempotency: { onAmbiguous: "retry" } });
    bench.answers(failed("ECONNRESET"));
    await bench.say("a");
    expect((await bench.say("a")).status).toBe("sent");
    expect((await bench.say("a")).status).toBe("replayed");
  });

  it("is asked about, call by call", async () => {
    const asked: [unknown, unknown][] = [];
    const bench = new GuardBench({
      idempotency: {
        onAmbiguous: (call, error) => {
          asked.push([call.payload.text, (error as { reason: string }).reason]);
          return call.payload.text === "again" ? "retry" : "block";
        },
      },
    });
    bench.answers(failed("ECONNRESET"), failed("ECONNRESET"));
    for (const text of ["again", "never"]) await bench.say(text);
    expect((await bench.say("again")).status).toBe("sent");
    expect((await bench.say("never")).status).toBe("ambiguous");
    expect(asked).toEqual([
      ["again", "ambiguous"],
      ["never", "ambiguous"],
    ]);
  });
});

describe.each([
  ["with limits", {}],
  ["with limits: false", { limits: false }],
] as const)("a flood of the whole bot, %s", (_, options) => {
  /** Sends to each chat at once, of which the first ones meet these floods; a second later another process writes. */
  async function meeting(floods: readonly number[], chats: readonly number[]) {
    const bench = new GuardBench(options);
    bench.answers(...floods.map((seconds) => flood(seconds)));
    const calls = chats.map((chat, i) => bench.start({ chat_id: chat, text: `${i}` }));
    await bench.clock.advance(1_000);
    const other = bench.sibling();
    calls.push(other.start({ chat_id: 99, text: "another chat, another process" }));
    await all(bench, calls);
    return { bench, late: bench.requests.find(({ payload }) => payload.chat_id === 99)!.at };
  }

  it("is known by its third chat, and stops every chat of every process until it ends", async () => {
    const { bench, late } = await meeting([20, 20, 20], [1, 2, 3]);
    expect(late).toBeCloseTo(20_000, 0);
    expect(bench.events.freeze?.map(({ rule }) => rule)).toEqual(["chat", "chat", "chat", "global"]);
    expect(bench.requests).toHaveLength(3 + 4);
    expect(bench.requests.filter(({ at }) => at > 0 && at < 20_000)).toEqual([]);
  });

  it("is known though they were met one after another, by ending together", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(22), flood(21), flood(21));
    const calls = [];
    for (const chat of [1, 2, 3]) {
      calls.push(bench.start({ chat_id: chat, text: "x" }));
      await bench.clock.advance(400);
    }
    await all(bench, calls);
    expect(bench.events.freeze?.map(({ rule }) => rule)).toEqual(["chat", "chat", "chat", "global"]);
  });

  it("is not: three calls that name no chat, each of which stops its method", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(20), flood(20), flood(20));
    const methods = ["createInvoiceLink", "editMessageText", "stopMessageLiveLocation"];
    const calls = methods.map((method) => bench.start({ inline_message_id: "a" }, { method }));
    await bench.clock.advance(1_000);
    expect(await bench.say("free", 99)).toMatchObject({ status: "sent", waitedMs: 0 });
    await all(bench, calls);
    expect(bench.events.freeze?.map(({ rule }) => rule)).toEqual(["method", "method", "method"]);
  });

  it("is not: two chats, however often; nor three whose floods end at other times", async () => {
    expect((await meeting([20, 20], [1, 2])).late).toBe(1_000);
    expect((await meeting([20, 20, 20, 20], [1, 2, 1, 2])).late).toBe(1_000);
    expect((await meeting([20, 30, 40], [1, 2, 3])).late).toBe(1_000);
  });

  it("is not: three chats, one after another over some seconds", async () => {
    const bench = new GuardBench(options);
    bench.answers(flood(20), flood(19), flood(18));
    const calls = [];
    for (const chat of [1, 2, 3]) {
      calls.push(bench.start({ chat_id: chat, text: "x" }));
      await bench.clock.advance(1_100);
    }
    expect((await bench.say("free", 99)).status).toBe("sent");
    expect(bench.now).toBeLessThan(5_000);
    await all(bench, calls);
  });
});

describe("rates adapt to floods", () => {
  const limits = { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }) };
  const gaps = (bench: GuardBench) =>
    bench.requests.slice(1).map(({ at }, i) => Math.round(at - bench.requests[i]!.at));
  const ten = (bench: GuardBench) =>
    all(
      bench,
      Array.from({ length: 10 }, (_, i) => bench.start({ chat_id: 5, text: `${i}` })),
    );

  it("after one, its chat is paced at four fifths, a tenth more each minute", async () => {
    const bench = new GuardBench({ limits });
    bench.answers(flood(3));
    await ten(bench);
    // The turn right behind the flood was told before it; from then on 1,250 ms, and less as it recovers.
    const slow = gaps(bench).slice(2, 6);
    expect(slow.every((gap) => gap > 1_200 && gap <= 1_250)).toBe(true);
    await bench.clock.advance(150_000);
    const before = bench.requests.length;
    await all(
      bench,
      ["a", "b", "c"].map((text) => bench.start({ chat_id: 5, text })),
    );
    expect(gaps(bench).slice(before)).toEqual([1_000, 1_000]);
  });

  it("unless that is switched off", async () => {
    const bench = new GuardBench({ limits, flood: { adaptive: false } });
    bench.answers(flood(3));
    await ten(bench);
    expect(gaps(bench).slice(1)).toEqual(Array(9).fill(1_000));
  });

  it("a bot whose quota is larger finds it, up to the ceiling", async () => {
    const bench = new GuardBench({
      limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 10 }) },
      flood: { adaptive: { ceiling: 2 } },
      maxWaitMs: 3_600_000,
    });
    const sends = Array.from({ length: 3_000 }, (_, i) => bench.start({ chat_id: 5, text: `${i}` }));
    await all(bench, sends);
    const last = bench.requests.at(-1)!.at - bench.requests.at(-101)!.at;
    expect(Math.round(last / 100)).toBe(50);
  });
});
