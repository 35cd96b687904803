import { describe, expect, it } from "vitest";
import { delivery } from "./delivery-options.js";
import { StoreUnavailable } from "./errors.js";
import { tokenBucket } from "./limiter/rules.js";
import type { GuardOptions } from "./options.js";
import { insideUpdate, openUpdate } from "./scope.js";
import type { Admission, AdmitRequest, SettleRequest, Store } from "./store/port.js";
import { flood, GuardBench } from "./testing/guard-bench.js";

/** A guard some of whose store's verbs do something else; `inner` does what they did. */
function benchOver(changes: (inner: Store, bench: GuardBench) => Partial<Store>, options: GuardOptions = {}) {
  const bench = new GuardBench(options);
  const verbs = ["admit", "settle", "freeze", "stats"] as const;
  const inner = Object.fromEntries(
    verbs.map((verb) => [verb, (bench.store[verb] as () => unknown).bind(bench.store)]),
  );
  Object.assign(bench.store, changes(inner as unknown as Store, bench));
  return bench;
}

/** Answers these first, and then what the store says. */
const answering = (...first: (Partial<Admission> | Error)[]) =>
  benchOver((inner) => ({
    async admit(request) {
      const next = first.shift();
      if (next instanceof Error) throw next;
      return next ? ({ nowUs: 0, ...next } as Admission) : inner.admit(request);
    },
  }));

const go = { status: "go", leaseUs: 30_000_000 } as const;
const away = new StoreUnavailable("away");
const edit = { chat_id: 5, message_id: 1, text: "b" };

describe("a store that cannot be asked", () => {
  it("has a message refused, and an event says why", async () => {
    const bench = answering(away);
    expect(await bench.say("a")).toMatchObject({ status: "store_unavailable", attempts: 0 });
    expect(bench.events.storeError).toEqual([{ verb: "admit", message: "away" }]);
    expect(await bench.say("a")).toMatchObject({ status: "sent" });
  });

  it("because it moves its keys has a message come again in a second", async () => {
    const bench = answering(new StoreUnavailable("moving", { moving: true }));
    expect(await bench.say("a")).toMatchObject({ status: "rate_limited", retryAfterMs: 1_000 });
  });

  it("holds up nothing that changes what is there", async () => {
    const bench = answering(away);
    expect(await bench.call(edit, { method: "editMessageText" })).toMatchObject({ status: "sent" });
  });

  it.each(["sendMessage", "editMessageText"])(
    "for any other reason hands on its error: %s",
    async (method) => {
      const bug = new Error("bug");
      const bench = answering(bug, bug);
      await expect(bench.start({ chat_id: 5, text: "a" }, { method })).rejects.toBe(bug);
      await expect(bench.start({ chat_id: 5, text: "b" }, { method })).rejects.toBe(bug);
      expect(await bench.call({ chat_id: 5, text: "c" }, { method })).toMatchObject({
        status: "sent",
        waitedMs: 0,
      });
    },
  );

  it("after a flood has the 429 handed over, and an event says why", async () => {
    const bench = benchOver(() => ({ freeze: () => Promise.reject(away) }));
    bench.answers(flood(3));
    expect(await bench.say("a")).toMatchObject({ status: "failed", outcome: "rejected", attempts: 1 });
    expect(bench.events.storeError).toEqual([{ verb: "freeze", message: "away" }]);
  });
});

it("a call that fails for good while it waits for a thaw leaves its place in line to the next", async () => {
  const bug = new Error("bug");
  let claims = 0;
  const bench = benchOver((inner) => ({
    admit: (request) =>
      request.claim?.mode === "send" && ++claims === 2 ? Promise.reject(bug) : inner.admit(request),
  }));
  bench.answers(flood(3));
  const first = bench.start({ chat_id: 5, text: "a" });
  await expect(bench.clock.run(first)).rejects.toBe(bug);
  expect(await bench.say("b")).toMatchObject({ status: "sent", waitedMs: 0 });
});

it("a flood that cannot be counted is waited for in its chat, and an event says why", async () => {
  const bench = benchOver((inner) => ({
    admit: (request) => (request.rules[0]?.name === "floods" ? Promise.reject(away) : inner.admit(request)),
  }));
  bench.answers(flood(3));
  expect(await bench.say("a")).toMatchObject({ status: "sent", attempts: 2, waitedMs: 3_000 });
  expect(bench.events.storeError).toEqual([{ verb: "admit", message: "away" }]);
});

describe("a call that spends Stars", () => {
  const paid = { chat_id: 5, text: "a", allow_paid_broadcast: true };

  it("is not sent as far as this process alone can tell, and frees its key", async () => {
    const bench = answering({ ...go, degraded: true });
    expect(await bench.call(paid)).toMatchObject({ status: "store_unavailable" });
    expect(await bench.call(paid)).toMatchObject({ status: "sent" });
    expect(bench.requests).toHaveLength(1);
  });

  it("is, where the whole fleet can; and what spends none is sent either way", async () => {
    expect(await answering(go).call(paid)).toMatchObject({ status: "sent" });
    expect(await answering({ ...go, degraded: true }).say("a")).toMatchObject({ status: "sent" });
  });
});

describe("an answer that comes too late", () => {
  it("to be of use is asked for again", async () => {
    const bench = answering({ status: "expired" }, { status: "expired" });
    expect(await bench.say("a")).toMatchObject({ status: "sent", attempts: 1 });
  });

  it.each([
    [29_999, 0],
    [30_000, 1],
  ])(
    "after %i ms of a lease of 30 s: %i claims given up, and the next is another attempt",
    async (takesMs, given) => {
      const asked: number[] = [];
      const settled: [number, string][] = [];
      const bench = benchOver((inner, { clock }) => ({
        async admit(request: AdmitRequest) {
          const admission = await inner.admit(request);
          if (asked.push(request.attempt) === 1) await clock.sleep(takesMs);
          return admission;
        },
        settle(request: SettleRequest) {
          settled.push([request.attempt, request.as]);
          return inner.settle(request);
        },
      }));
      expect(await bench.say("a")).toMatchObject({ status: "sent", attempts: 1 });
      const done = [given, "done"];
      expect([asked, settled]).toEqual(
        given
          ? [
              [0, 1],
              [[0, "unsent"], done],
            ]
          : [[0], [done]],
      );
    },
  );
});

describe("a message that somebody else is sending", () => {
  const busy = { status: "busy", state: "sending", waitUs: 0 } as const;

  it("is looked at again after 50, 100 … 1,000 ms", async () => {
    const asked: number[] = [];
    const bench = benchOver((inner, bench) => ({
      admit: async (request) =>
        asked.push(bench.now) < 9 ? ({ nowUs: 0, ...busy } as Admission) : inner.admit(request),
    }));
    await bench.say("a");
    expect(asked.slice(1).map((at, n) => at - asked[n]!)).toEqual([
      50, 100, 200, 400, 800, 1_000, 1_000, 1_000,
    ]);
  });

  it("is looked at again at that one's turn, where it has one", async () => {
    const bench = answering({ ...busy, state: "reserved", waitUs: 7_000_000 });
    expect(await bench.say("a")).toMatchObject({ status: "sent", waitedMs: 7_000 });
  });

  it("is refused when patience ends, told when to look again", async () => {
    const bench = answering(...Array(20).fill(busy));
    const answer = await bench.call({ chat_id: 5, text: "a", ...delivery({ maxWaitMs: 300 }) });
    expect(answer).toMatchObject({ status: "busy", retryAfterMs: 1_000, waitedMs: 300 });
  });
});

it("who is asked about an unknown outcome is told which call, and what it means", async () => {
  const asked: unknown[] = [];
  const onAmbiguous = (...question: unknown[]) => {
    asked.push(question);
    return "block" as const;
  };
  const bench = benchOver(() => ({ admit: async () => ({ status: "ambiguous", nowUs: 0 }) }), {
    idempotency: { onAmbiguous },
  });
  expect(await bench.say("a")).toMatchObject({ status: "ambiguous" });
  expect(asked).toEqual([
    [
      expect.objectContaining({ method: "sendMessage" }),
      expect.objectContaining({ reason: "ambiguous", message: expect.stringMatching(/unknown outcome/) }),
    ],
  ]);
});

describe("calls without a key", () => {
  const everySecond = {
    idempotency: false,
    limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }) },
  } as const;

  it("wait each for a turn of its own, in one chat and in several", async () => {
    const bench = new GuardBench({ ...everySecond, limits: { global: everySecond.limits.chat } });
    const calls = [5, 6, 7].map((chat) => bench.start({ chat_id: chat, text: "same" }));
    const ended = await bench.clock.run(Promise.all(calls));
    expect(ended.map(({ status, waitedMs }) => [status, waitedMs])).toEqual([
      ["sent", 0],
      ["sent", 1_000],
      ["sent", 2_000],
    ]);
  });

  it("leave no record behind", async () => {
    const bench = new GuardBench(everySecond);
    await bench.say("a");
    await bench.say("a");
    expect(await bench.store.ping()).toMatchObject({ records: 0 });
  });
});

describe("a call that gives up", () => {
  const everyTen = {
    limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 0.1 }), global: false },
  } as const;

  it("behind others, having held nothing, gives nothing back and is told of the longest wait", async () => {
    const settled: string[] = [];
    const bench = benchOver(
      (inner) => ({
        settle(request) {
          settled.push(request.as);
          return inner.settle(request);
        },
      }),
      everyTen,
    );
    const texts = ["a", "b"].map((text) => bench.start({ chat_id: 5, text }));
    const impatient = bench.start({ chat_id: 5, text: "c", ...delivery({ maxWaitMs: 4_000 }) });
    expect(await bench.clock.run(impatient)).toMatchObject({
      ...{ status: "rate_limited", rule: "chat", waitedMs: 4_000, retryAfterMs: 16_000 },
    });
    await bench.clock.run(Promise.all(texts));
    expect(settled).toEqual(["done", "done"]);
  });

  it("before its turn gives it back, once", async () => {
    const bench = new GuardBench(everyTen);
    await bench.say("a");
    const abort = new AbortController();
    const gone = bench.start({ chat_id: 5, text: "b" }, { signal: abort.signal });
    await bench.clock.advance(2_000);
    abort.abort();
    expect(await bench.clock.run(gone)).toMatchObject({ status: "aborted" });
    expect(await bench.say("c")).toMatchObject({ status: "sent", waitedMs: 8_000 });
  });

  it("because the store went away meanwhile gives its turn back", async () => {
    let isAway = false;
    const bench = benchOver(
      (inner) => ({
        admit: (request) => (isAway ? Promise.reject(away) : inner.admit(request)),
      }),
      everyTen,
    );
    await bench.say("a");
    const waiting = bench.start({ chat_id: 5, text: "b" });
    await bench.clock.advance(2_000);
    isAway = true;
    expect(await bench.clock.run(waiting)).toMatchObject({ status: "store_unavailable" });
    isAway = false;
    expect(await bench.store.ping()).toMatchObject({ records: 1 });
    expect(await bench.say("b")).toMatchObject({ status: "sent", waitedMs: 0 });
  });
});

it("a send that throws has failed with that error, and nobody knows what became of it", async () => {
  const error = new Error("socket");
  const bench = new GuardBench();
  bench.answers(() => Promise.reject(error));
  expect(await bench.say("a")).toMatchObject({
    ...{ status: "failed", outcome: "unknown", reply: { type: "failure", error } },
  });
});

describe("the user's rule", () => {
  const limits = {
    user: tokenBucket({ capacity: 1, refillPerSecond: 1 }),
    chat: false,
    group: false,
    global: false,
  } as const;
  const call = (bench: GuardBench, userId: number, chat: number) =>
    bench.guard.run({ bot: "1", method: "sendMessage", payload: { chat_id: chat }, userId }, async () => ({
      type: "response",
      body: { ok: true, result: {} },
    }));

  it("is paid by who causes a call: the update's sender, or else whom the call names", async () => {
    const bench = new GuardBench({ limits });
    const waited = async (calls: Promise<{ waitedMs: number }>[]) =>
      (await bench.clock.run(Promise.all(calls))).map(({ waitedMs }) => waitedMs);
    expect(await waited([call(bench, 1, -5), call(bench, 2, -6), call(bench, 1, -7)])).toEqual([0, 0, 1_000]);
    await bench.clock.advance(10_000);
    const inside = (id: number, user: number) =>
      insideUpdate(openUpdate("1", id, user), () => call(bench, 1, -id));
    expect(await waited([inside(11, 8), inside(12, 9), inside(13, 8)])).toEqual([0, 0, 1_000]);
  });
});
