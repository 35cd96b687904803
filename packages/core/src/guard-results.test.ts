import { describe, expect, it } from "vitest";
import type { Delivery } from "./call.js";
import { deliveryOf } from "./delivered.js";
import type { EventName } from "./observe/events.js";
import { failed, GuardBench, ok } from "./testing/guard-bench.js";

const resultOf = (delivery: Delivery) => (delivery as { result?: unknown }).result as Record<string, unknown>;

describe("a replay", () => {
  it("by the process that sent it holds the whole result, and is a fresh object", async () => {
    const bench = new GuardBench();
    const sent = resultOf(await bench.say("a"));
    const [one, two] = [resultOf(await bench.say("a")), resultOf(await bench.say("a"))];
    expect(one).toEqual(sent);
    expect(one).not.toBe(sent);
    expect(two).not.toBe(one);
    one.text = "changed";
    expect(resultOf(await bench.say("a"))).toEqual(sent);
  });

  it("by another process holds the ids, and the text of its own payload", async () => {
    const bench = new GuardBench();
    await bench.say("a");
    const replay = resultOf(await bench.sibling().say("a"));
    expect(replay).toMatchObject({ message_id: 1, chat: { id: 5 }, text: "a" });
    expect(replay.from).toBeUndefined();
  });

  it("holds everything with result: full, and nothing with none", async () => {
    for (const [result, expected] of [
      ["full", { message_id: 1, from: { id: 1 } }],
      ["none", { message_id: 0, chat: { id: 5 } }],
    ] as const) {
      const bench = new GuardBench({ idempotency: { result } });
      await bench.say("a");
      expect(resultOf(await bench.sibling().say("a"))).toMatchObject(expected);
    }
  });

  it("stores no text unless told to", async () => {
    const bench = new GuardBench();
    const { key } = await bench.say("a very secret text");
    const record = await bench.store.inspect("1", key!);
    expect(JSON.stringify(record)).not.toContain("secret");
  });

  it("is told from a message that was sent now", async () => {
    const bench = new GuardBench();
    const sent = await bench.say("a");
    const replayed = await bench.say("a");
    expect(deliveryOf(resultOf(sent))).toEqual({ replayed: false, key: sent.key, attempts: 1, waitedMs: 0 });
    expect(deliveryOf(resultOf(replayed))).toMatchObject({ replayed: true, attempts: 0 });
    expect(deliveryOf({ message_id: 1 })).toBeUndefined();
    expect(deliveryOf(undefined)).toBeUndefined();
  });

  it("survives a result that a plugin has made a cycle of", async () => {
    const bench = new GuardBench();
    const cyclic: Record<string, unknown> = { message_id: 9, date: 1, chat: { id: 5, type: "private" } };
    cyclic.api = cyclic;
    bench.answers(bench.after(100, ok(cyclic)));
    const twins = [1, 2].map(() => bench.start({ chat_id: 5, text: "a" }));
    const statuses = (await bench.clock.run(Promise.all(twins))).map(({ status }) => status);
    expect(statuses).toEqual(["sent", "replayed"]);
    expect(resultOf(await bench.say("a")).message_id).toBe(9);
  });
});

describe("concurrent twins in one process", () => {
  const twin = (bench: GuardBench, signal?: AbortSignal) =>
    bench.start({ chat_id: 5, text: "a" }, signal ? { signal } : {});

  it("share one send; each gets its own copy", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000));
    const [one, two, three] = await bench.clock.run(Promise.all([twin(bench), twin(bench), twin(bench)]));
    expect([one, two, three].map(({ status }) => status)).toEqual(["sent", "replayed", "replayed"]);
    expect(resultOf(two)).toEqual(resultOf(one));
    expect(resultOf(two)).not.toBe(resultOf(three));
    expect(bench.requests).toHaveLength(1);
  });

  it("share a failure, too", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000, failed("ECONNRESET")));
    const both = await bench.clock.run(Promise.all([twin(bench), twin(bench)]));
    expect(both.map(({ status }) => status)).toEqual(["failed", "failed"]);
  });

  it("hand the lead on when the first aborts before it has sent", async () => {
    const bench = new GuardBench({
      limits: { chat: { kind: "tokenBucket", capacity: 1, refillPerSecond: 1 } },
    });
    await bench.say("first");
    const abort = new AbortController();
    const [leader, follower] = [twin(bench, abort.signal), twin(bench)];
    await bench.clock.advance(500);
    abort.abort();
    expect((await bench.clock.run(leader)).status).toBe("aborted");
    expect(await bench.clock.run(follower)).toMatchObject({ status: "sent", attempts: 1 });
    expect(bench.texts).toEqual(["first", "a"]);
  });

  it("keep their own signals: a follower that aborts disturbs nobody", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000));
    const abort = new AbortController();
    const [leader, follower] = [twin(bench), twin(bench, abort.signal)];
    await bench.clock.advance(100);
    abort.abort();
    expect(await bench.clock.run(follower)).toMatchObject({ status: "aborted", waitedMs: 100 });
    expect((await bench.clock.run(leader)).status).toBe("sent");
  });

  it("keep their own patience", async () => {
    const bench = new GuardBench({ maxWaitMs: 500 });
    bench.answers(bench.after(2_000));
    const [leader, follower] = [twin(bench), twin(bench)];
    expect(await bench.clock.run(follower)).toMatchObject({ status: "busy", waitedMs: 500 });
    expect((await bench.clock.run(leader)).status).toBe("sent");
  });

  it('are refused with onBusy: "reject"', async () => {
    const bench = new GuardBench({ idempotency: { onBusy: "reject" } });
    bench.answers(bench.after(1_000));
    const [leader, follower] = [twin(bench), twin(bench)];
    expect((await bench.clock.run(follower)).status).toBe("busy");
    expect((await bench.clock.run(leader)).status).toBe("sent");
  });
});

it("a plugin further in may follow a group to its new chat: a replay elsewhere names that chat, too", async () => {
  const bench = new GuardBench();
  const chat = { id: -1001234567890, type: "supergroup" };
  const payload: Record<string, unknown> = { chat_id: -77, text: "a" };
  bench.answers(({ messageId }) => {
    payload.chat_id = chat.id;
    return {
      type: "response",
      body: { ok: true, result: { message_id: messageId, date: 1, chat, text: "a" } },
    };
  });
  expect(await bench.call(payload)).toMatchObject({ status: "sent" });
  expect(await bench.sibling().say("a", -77)).toMatchObject({ status: "replayed", result: { chat } });
});

describe("concurrent twins in two processes", () => {
  const twins = (bench: GuardBench) =>
    [bench, bench.sibling()].map((each) => each.start({ chat_id: 5, text: "a" }));

  it("send once; the second waits for the first one's result", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(3_000));
    const both = await bench.clock.run(Promise.all(twins(bench)));
    expect(both.map(({ status }) => status)).toEqual(["sent", "replayed"]);
    expect(bench.requests).toHaveLength(1);
  });

  it("the second goes itself when the first turns out not to have been sent", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000, failed("ECONNREFUSED")));
    const both = await bench.clock.run(Promise.all(twins(bench)));
    expect(both.map(({ status }) => status)).toEqual(["failed", "sent"]);
  });

  it("the second is refused when the first one's outcome stays unknown", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000, failed("ECONNRESET")));
    const both = await bench.clock.run(Promise.all(twins(bench)));
    expect(both.map(({ status }) => status)).toEqual(["failed", "ambiguous"]);
  });

  it('are refused with onBusy: "reject"', async () => {
    const bench = new GuardBench({ idempotency: { onBusy: "reject" } });
    bench.answers(bench.after(1_000));
    const [first, second] = twins(bench);
    expect((await bench.clock.run(second!)).status).toBe("busy");
    await bench.clock.run(first!);
  });
});

describe("leases", () => {
  it("a request that is open for a minute stays its owner's, and is done in the end", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(60_000));
    const sending = bench.start({ chat_id: 5, text: "a" });
    await bench.clock.advance(59_000);
    expect(await bench.sibling({ maxWaitMs: 0 }).say("a")).toMatchObject({ status: "busy" });
    expect((await bench.clock.run(sending)).status).toBe("sent");
    expect((await bench.sibling().say("a")).status).toBe("replayed");
    expect(bench.clock.pending).toBe(0);
  });

  it("a process that slept past its lease, between admit and send, does not send on it", async () => {
    const bench = new GuardBench();
    const { store, clock } = bench;
    let slept = false;
    const sleepy = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== "admit") return typeof value === "function" ? value.bind(target) : value;
        return async (request: never) => {
          const admission = await target.admit(request);
          if (!slept) await clock.sleep(31_000);
          slept = true;
          return admission;
        };
      },
    });
    const sleeper = new GuardBench({ store: sleepy }, bench);
    const sending = sleeper.start({ chat_id: 5, text: "a" });
    await clock.advance(30_500);
    expect((await bench.say("a")).status).toBe("ambiguous");
    expect((await clock.run(sending)).status).toBe("sent");
    expect(bench.requests).toHaveLength(1);
    expect(bench.requests[0]!.at).toBeGreaterThanOrEqual(31_000);
  });

  it("a crash while sending leaves its twin refused when the lease is over, never sent again", async () => {
    const { key } = await new GuardBench().say("a");
    const bench = new GuardBench();
    const claim = { id: key!, mode: "send" } as const;
    const dead = { bot: "1", owner: "dead", attempt: 0, claim, rules: [], maxWaitUs: 0 };
    await bench.store.admit({ ...dead, leaseUs: 30_000_000, graceUs: 0, ttlUs: 1_800_000_000 });
    const twin = await bench.say("a");
    expect(twin.status).toBe("ambiguous");
    expect(twin.waitedMs).toBeGreaterThanOrEqual(30_000);
    expect(twin.waitedMs).toBeLessThan(31_100);
    expect(bench.requests).toHaveLength(0);
  });
});

describe("a guard", () => {
  it("inside a guard sends once and pays once", async () => {
    const bench = new GuardBench();
    const inner = bench.sibling();
    const call = { bot: "1", method: "sendMessage", payload: { chat_id: 5, text: "a" } };
    let sends = 0;
    const send = async () => {
      sends++;
      return ok({ message_id: 1, date: 1, chat: { id: 5, type: "private" } });
    };
    const nested = bench.guard.run(call, async () => {
      const delivery = await inner.guard.run(call, send);
      return ok(resultOf(delivery));
    });
    expect((await bench.clock.run(nested)).status).toBe("sent");
    expect(sends).toBe(1);
  });

  it("that is closed refuses, after those in flight have ended; getters still pass", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000));
    const open = bench.start({ chat_id: 5, text: "a" });
    const closing = bench.guard.close();
    expect(await bench.start({ chat_id: 5, text: "b" })).toMatchObject({ status: "closed", attempts: 0 });
    await bench.clock.run(closing);
    expect((await open).status).toBe("sent");
    expect((await bench.call({ chat_id: 5 }, { method: "getChat" })).status).toBe("sent");
  });

  it("tells the end of each call once, without its text", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(10), failed("ECONNRESET"));
    await bench.say("a secret");
    await bench.say("a secret");
    await bench.say("b secret");
    await bench.say("b secret");
    const ends: [EventName, number][] = [
      ["sent", 1],
      ["replayed", 1],
      ["failed", 1],
      ["refused", 1],
    ];
    for (const [name, times] of ends) expect([name, bench.events[name]?.length]).toEqual([name, times]);
    expect(bench.events.failed).toMatchObject([
      { outcome: "unknown", scope: "content", chat: "5", attempts: 1 },
    ]);
    expect(bench.events.refused).toMatchObject([{ code: "ambiguous", attempts: 0 }]);
    expect(JSON.stringify(bench.events)).not.toContain("secret");
  });

  it("sends though its store cannot settle, and says so", async () => {
    const bench = new GuardBench();
    bench.store.settle = () => Promise.reject(new Error("down"));
    expect((await bench.say("a")).status).toBe("sent");
    expect(bench.events.storeError).toEqual([{ verb: "settle", message: "down" }]);
  });
});
