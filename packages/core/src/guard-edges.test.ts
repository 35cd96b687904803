import { describe, expect, it } from "vitest";
import { delivery } from "./delivery-options.js";
import { StoreUnavailable } from "./errors.js";
import { createGuard } from "./guard.js";
import { memoryStore } from "./store/memory.js";
import type { Store } from "./store/port.js";
import { flood, GuardBench } from "./testing/guard-bench.js";

const message = (text: string, chat = 5) => ({ chat_id: chat, text });

/** A store some of whose verbs do something else first. */
function over(store: Store, changes: Partial<Store>): Store {
  const verbs = [
    "admit",
    "renew",
    "settle",
    "freeze",
    "inspect",
    "stats",
    "reset",
    "sweep",
    "ping",
    "close",
  ] as const;
  const same = Object.fromEntries(verbs.map((verb) => [verb, (store[verb] as () => unknown).bind(store)]));
  return { name: store.name, ...same, ...changes } as Store;
}

describe("a caller that gives up", () => {
  it("while the store answers leaves its key free: nothing was sent", async () => {
    const abort = new AbortController();
    const inner = memoryStore();
    const store = over(inner, {
      async admit(request) {
        const admission = await inner.admit(request);
        abort.abort();
        return admission;
      },
    });
    const bench = new GuardBench({ store });
    expect(await bench.start(message("a"), { signal: abort.signal })).toMatchObject({ status: "aborted" });
    expect(bench.requests).toEqual([]);
    expect(await bench.start(message("a"))).toMatchObject({ status: "sent" });
  });
});

describe("no patience at all (maxWaitMs 0)", () => {
  it("is not spent on the round trip of the call before: where no limit is near all go", async () => {
    const bench = new GuardBench({ maxWaitMs: 0 });
    const calls = ["a", "b", "c"].map((text) => bench.start(message(text)));
    const statuses = (await bench.clock.run(Promise.all(calls))).map(({ status }) => status);
    expect(statuses).toEqual(["sent", "sent", "sent"]);
  });
});

describe("bulk inside an update", () => {
  it("is paced like anywhere else: a /broadcast handler does not flood the bot", async () => {
    const bench = new GuardBench();
    const bulk = { ...delivery({ priority: "bulk" }) };
    await bench.clock.run(
      bench.guard.handleUpdate({ bot: "1", updateId: 1 }, () =>
        Promise.all(
          Array.from({ length: 60 }, (_, i) => bench.start({ ...message("news", 100 + i), ...bulk })),
        ),
      ),
    );
    const firstSecond = bench.requests.filter(({ at }) => at < 1_000).length;
    expect(firstSecond).toBeLessThanOrEqual(50);
    expect(bench.now).toBeGreaterThan(1_000);
  });
});

describe("a flood of a call that names no chat", () => {
  it("stops that method, not the bot", async () => {
    const bench = new GuardBench();
    bench.answers(flood(600));
    const inline = { inline_message_id: "abc", text: "edited" };
    expect(await bench.call(inline, { method: "editMessageText" })).toMatchObject({ status: "failed" });
    expect(await bench.call(inline, { method: "editMessageText" })).toMatchObject({ status: "rate_limited" });
    expect(await bench.say("still here")).toMatchObject({ status: "sent" });
    expect(bench.now).toBeLessThan(1_000);
  });
});

describe("options mean what they say", () => {
  it("idempotency: false handles an update as often as it comes", async () => {
    const bench = new GuardBench({ idempotency: false });
    let runs = 0;
    for (let i = 0; i < 2; i++) {
      await bench.guard.handleUpdate({ bot: "1", updateId: 7 }, async () => void runs++);
    }
    expect(runs).toBe(2);
  });

  it("onMismatch: error holds while secrets are rotated", async () => {
    const bench = new GuardBench({ idempotency: { secret: ["new", "old"] } });
    const keyed = (text: string) => ({ ...message(text), ...delivery({ key: "invoice" }) });
    expect(await bench.call(keyed("10"))).toMatchObject({ status: "sent" });
    expect(await bench.call(keyed("20"))).toMatchObject({ status: "mismatch" });
  });

  it("one namespace is for one bot", () => {
    const guard = createGuard({ namespace: "billing" });
    guard.expectBot("111");
    guard.expectBot("111");
    expect(() => guard.expectBot("222")).toThrow(/two bots \(111 and 222\) under one `namespace`/);
    expect(() => createGuard().expectBot("222")).not.toThrow();
  });
});

describe("what is around a send does not fail it", () => {
  it("a logger that throws", async () => {
    const broken = () => {
      throw new Error("logger down");
    };
    const bench = new GuardBench({ logger: { debug: broken, info: broken, warn: broken, error: broken } });
    await bench.say("twice");
    expect(await bench.say("twice")).toMatchObject({ status: "replayed" });
  });
});

describe("a shared store that is away", () => {
  const away = () => Promise.reject(new StoreUnavailable("gone"));
  const gone = () =>
    over(memoryStore(), { admit: away, settle: away, freeze: away, renew: away, ping: away });

  it.each(["local", "allow-all"] as const)(
    "%s: an operation that must happen once is not started",
    async (mode) => {
      const guard = createGuard({
        store: { ...gone(), embedded: false },
        whenStoreDown: mode,
        logger: console0,
      });
      await expect(guard.idempotency.markOperationStart("charge-1")).rejects.toMatchObject({
        code: "store_unavailable",
      });
    },
  );

  const console0 = { debug() {}, info() {}, warn() {}, error() {} };
});
