import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { StoreUnavailable } from "../errors.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { FailoverStore, type WhenStoreDown } from "./failover.js";
import { memoryStore } from "./memory.js";
import type { AdmitRequest, RuleCharge, Settlement, Store } from "./port.js";

const second = 1_000_000;
const bucket = (capacity: number): RuleCharge => ({
  name: "chat",
  key: "chat:7",
  params: { kind: "bucket", capacity, intervalUs: 60 * second },
  cost: 1,
  mode: "wait",
});

/** The breaker reads the wall clock. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

/** `gone`: before it does what it is told; `mute`: after. `moving`: it has no time for this key now. */
type Trouble = "gone" | "mute" | "moving";

/** A process before a store that can be taken away. */
function process(whenStoreDown: WhenStoreDown = "local") {
  const clock = new VirtualClock();
  const shared = memoryStore({ clock });
  let trouble: Trouble | undefined;
  let held: Promise<void> | undefined;
  let asked = 0;
  const flaky = new Proxy(shared, {
    get(target, verb) {
      const member = Reflect.get(target, verb) as unknown;
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        asked++;
        await held;
        if (trouble === "gone") throw new StoreUnavailable("gone");
        if (trouble === "moving") throw new StoreUnavailable("moving", { moving: true });
        const answer = await member.apply(target, args);
        if (trouble === "mute") throw new StoreUnavailable("no answer");
        return answer;
      };
    },
  }) as Store;
  const modes: string[] = [];
  const falls: string[] = [];
  const store = new FailoverStore(flaky, {
    whenStoreDown,
    clock,
    onMode: (mode) => modes.push(mode),
    onFall: (_, reason) => falls.push(reason),
  });
  const whose = (owner: string, record: string, attempt = 0) => ({ bot: "1", owner, record, attempt });
  return {
    store,
    shared,
    modes,
    falls,
    asked: () => asked,
    trouble: (kind: Trouble | undefined) => {
      trouble = kind;
    },
    /** Until the answered function is called, the store takes its time. */
    hold() {
      let release = () => {};
      held = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    async pass(ms: number) {
      vi.setSystemTime(Date.now() + ms);
      await clock.advance(ms);
    },
    admit: (owner: string, id = "r", more: Partial<AdmitRequest> = {}) =>
      store.admit({
        ...whose(owner, id),
        claim: { id, mode: "send" },
        rules: [],
        maxWaitUs: 0,
        leaseUs: 30 * second,
        graceUs: 10 * second,
        ttlUs: 1_800 * second,
        ...more,
      }),
    settle: (owner: string, as: Settlement, id = "r", attempt = 0, rules: RuleCharge[] = []) =>
      store.settle({ ...whose(owner, id, attempt), as, ttlUs: 1_800 * second, rules }),
    freeze: (owner: string, rules: RuleCharge[], id: string | undefined = "r") =>
      store.freeze({
        ...whose(owner, "r"),
        record: id,
        rules,
        frozen: 0,
        retryAfterUs: 5 * second,
        graceUs: 10 * second,
      }),
    stateOf: async (id = "r") => (await shared.inspect("1", id))?.state,
  };
}

/** A process that has reserved a turn for `b` in a store which is away by now. */
async function reservedAndGone() {
  const bench = process();
  const rules = [bucket(1)];
  await bench.admit("a", "other", { rules });
  const reserved = await bench.admit("b", "r", { rules, maxWaitUs: 90 * second });
  expect(reserved).toMatchObject({ status: "wait" });
  bench.trouble("gone");
  for (let i = 0; i < 3; i++) await bench.admit(`x${i}`, `x${i}`);
  expect(bench.store.mode).toBe("local");
  return { ...bench, rules };
}

describe("while the store answers", () => {
  it("a 429 stops the rule in the store, and the call keeps its place", async () => {
    const { store, shared, admit, freeze, pass, settle, stateOf } = process();
    const rules = [bucket(20), { ...bucket(30), name: "global", key: "global" }];
    await admit("a", "r", { rules });
    expect(await freeze("a", rules)).toMatchObject({ status: "frozen", waitUs: 5 * second });
    expect((await shared.stats({ bot: "1", rules }))[0]).toMatchObject({ frozenUs: 5 * second });
    await pass(5_000);
    expect(await admit("a", "r", { rules, attempt: 1 })).toMatchObject({ status: "go" });
    expect(await settle("a", "done", "r", 1, rules)).toBe(true);
    expect(await stateOf()).toBe("done");
    expect(store.mode).toBe("shared");
  });
});

describe("when the store goes away", () => {
  it("one failure is no change of mode, the third in a row is one; and so is its return", async () => {
    const { admit, modes, trouble, pass, store } = process();
    trouble("gone");
    for (let i = 0; i < 10; i++) await admit(`a${i}`, `r${i}`);
    expect(modes).toEqual(["local"]);
    await pass(3_000);
    expect(modes).toEqual(["local"]);
    trouble(undefined);
    await pass(2_000);
    expect(modes).toEqual(["local", "shared"]);
    expect(store.mode).toBe("shared");
  });

  it("is told by a call that fell into it, by one of many that fell together", async () => {
    const { admit, trouble, falls } = process();
    trouble("gone");
    await Promise.all(Array.from({ length: 20 }, (_, i) => admit(`a${i}`, `r${i}`)));
    expect(falls.length).toBeGreaterThan(0);
    expect(falls.length).toBeLessThanOrEqual(3);
    for (let i = 0; i < 5; i++) await admit(`b${i}`, `s${i}`);
    expect(falls.length).toBeLessThanOrEqual(3);
  });

  it("it is not asked for every call, only once a second", async () => {
    const { admit, asked, trouble, pass } = process();
    trouble("gone");
    for (let i = 0; i < 100; i++) await admit(`a${i}`, `r${i}`);
    expect(asked()).toBe(3);
    await pass(10_000);
    expect(asked()).toBeLessThanOrEqual(13);
  });

  it("what this process sent or sends is known, and its limits stand where they stood", async () => {
    const { admit, settle, trouble } = process();
    const rules = [bucket(3)];
    await admit("a", "sent", { rules });
    await settle("a", "done", "sent", 0, rules);
    await admit("b", "flying", { rules });
    trouble("gone");
    expect(await admit("c", "sent", { rules })).toMatchObject({ status: "done" });
    expect(await admit("c", "flying", { rules })).toMatchObject({ status: "busy" });
    expect(await admit("c", "third", { rules })).toMatchObject({ status: "go", degraded: true });
    expect(await admit("d", "fourth", { rules })).toMatchObject({ status: "refused" });
  });

  it("a 429 is waited for here", async () => {
    const { admit, freeze, trouble, pass } = process();
    const rules = [bucket(20)];
    await admit("a", "r", { rules });
    trouble("gone");
    expect(await freeze("a", rules)).toMatchObject({ status: "frozen", waitUs: 5 * second });
    expect(await admit("b", "other", { rules, maxWaitUs: 0 })).toMatchObject({ status: "refused" });
    await pass(5_000);
    expect(await admit("a", "r", { rules, attempt: 1 })).toMatchObject({ status: "go", degraded: true });
  });

  it("reject: admit and freeze reject, and what may have been carried out is taken back", async () => {
    const { admit, freeze, trouble, pass, stateOf, settle } = process("reject");
    const away = { code: "store_unavailable" };
    trouble("mute");
    await expect(admit("a")).rejects.toMatchObject(away);
    trouble(undefined);
    await pass(2_000);
    expect(await stateOf()).toBeUndefined();
    const rules = [bucket(20)];
    await admit("b", "r", { rules });
    trouble("mute");
    await expect(freeze("b", rules)).rejects.toMatchObject(away);
    await settle("b", "free", "r", 0, rules);
    trouble(undefined);
    await pass(2_000);
    expect(await stateOf()).toBeUndefined();
  });

  it.each(["renew", "ping", "reset", "sweep"] as const)(
    "%s rejects as StoreUnavailable, also when the store is not even asked",
    async (verb) => {
      const { store, trouble } = process();
      trouble("gone");
      const lease = { bot: "1", owner: "a", attempt: 0, record: "r", rules: [], leaseUs: second };
      const ask = {
        renew: () => store.renew(lease),
        ping: () => store.ping(),
        reset: () => store.reset("1", { records: ["r"] }),
        sweep: () => store.sweep(),
      }[verb];
      for (let i = 0; i < 5; i++) await expect(ask()).rejects.toMatchObject({ code: "store_unavailable" });
    },
  );
});

describe("while the store moves its keys", () => {
  it("calls are put off, nothing falls, and the mode stays", async () => {
    const { admit, trouble, modes, store, stateOf } = process();
    trouble("moving");
    for (let i = 0; i < 10; i++)
      await expect(admit(`a${i}`)).rejects.toMatchObject({ code: "store_unavailable", moving: true });
    trouble(undefined);
    expect(modes).toEqual([]);
    expect(store.mode).toBe("shared");
    expect(await stateOf()).toBeUndefined();
    expect(await admit("b")).not.toHaveProperty("degraded");
  });

  it("an outcome, and a flood, are told when it is done", async () => {
    const { admit, settle, freeze, trouble, modes, stateOf, pass, shared } = process();
    const rules = [bucket(20)];
    await admit("a", "sent", { rules });
    await admit("b", "r", { rules });
    trouble("moving");
    await settle("a", "done", "sent", 0, rules);
    await expect(freeze("b", rules)).rejects.toMatchObject({ moving: true });
    await settle("b", "free", "r", 0, rules);
    trouble(undefined);
    await pass(1_000);
    expect(await stateOf("sent")).toBe("done");
    expect(await stateOf("r")).toBeUndefined();
    expect((await shared.stats({ bot: "1", rules }))[0]).toMatchObject({ frozenUs: 4 * second });
    expect(modes).toEqual([]);
  });
});

describe("when the store is back", () => {
  it.each(["gone", "mute"] as const)(
    "the outcome of one lost answer (%s) is written without any change of mode",
    async (kind) => {
      const { admit, settle, trouble, pass, stateOf, modes } = process();
      trouble(kind);
      expect(await admit("a")).toMatchObject({ status: "go", degraded: true });
      trouble(undefined);
      await settle("a", "done");
      await pass(1_000);
      expect(await stateOf()).toBe("done");
      expect(modes).toEqual([]);
    },
  );

  it("a run that fell ends where it fell, and nobody here starts it beside", async () => {
    const { admit, settle, trouble, pass, store, stateOf } = process();
    trouble("gone");
    await admit("a");
    for (let i = 0; i < 3; i++) await admit(`x${i}`, `x${i}`);
    trouble(undefined);
    await pass(2_000);
    expect(store.mode).toBe("shared");
    expect(await admit("b")).toMatchObject({ status: "busy" });
    await settle("a", "done");
    expect(await admit("b")).toMatchObject({ status: "done" });
    await vi.waitFor(async () => expect(await stateOf()).toBe("done"));
  });

  it("what it has not been told yet is answered here, and told", async () => {
    const { admit, settle, trouble, pass, stateOf } = process();
    await admit("a");
    trouble("gone");
    await settle("a", "done");
    trouble(undefined);
    expect(await admit("b")).toMatchObject({ status: "done" });
    await pass(1_000);
    expect(await stateOf()).toBe("done");
  });

  it("who asks while it is found back does not send again what went out without it", async () => {
    const { trouble, admit, settle, pass, shared, hold } = process();
    trouble("gone");
    expect(await admit("a", "sent")).toMatchObject({ status: "go", degraded: true });
    await settle("a", "done", "sent");
    await admit("b", "flying");
    await admit("x");
    trouble(undefined);
    const release = hold();
    await pass(1_000);
    // The probe is on its way: whoever asks now waits for it, and is asked about as soon as it is answered.
    const asked = Promise.all([admit("c", "sent"), admit("d", "flying")]);
    release();
    expect(await asked).toMatchObject([{ status: "done" }, { status: "busy" }]);
    await pass(2_000);
    expect(await shared.inspect("1", "sent")).toMatchObject({ state: "done" });
  });

  it("a refused turn leaves nothing behind that was reserved by an answer that got lost", async () => {
    const { admit, settle, trouble, pass, stateOf } = process();
    const rules = [bucket(1)];
    await admit("a", "other", { rules });
    await settle("a", "done", "other", 0, rules);
    trouble("mute");
    expect(await admit("b", "r", { rules, maxWaitUs: 0 })).toMatchObject({ status: "refused" });
    trouble(undefined);
    await pass(1_000);
    expect(await stateOf()).toBeUndefined();
  });

  it("a turn that was reserved there is given back, where the store is not even asked any more", async () => {
    const { admit, settle, trouble, pass, stateOf, rules } = await reservedAndGone();
    expect(await admit("b", "r", { holdsTurn: true })).toMatchObject({ status: "go", degraded: true });
    await settle("b", "free", "r", 0, rules);
    expect(await stateOf()).toBe("reserved");
    trouble(undefined);
    await pass(2_000);
    expect(await stateOf()).toBeUndefined();
  });

  it("a turn that was reserved there is given back, too, where this process alone would wait too long", async () => {
    const { admit, trouble, pass, stateOf, rules } = await reservedAndGone();
    expect(await admit("b", "r", { rules, holdsTurn: true })).toMatchObject({ status: "refused" });
    trouble(undefined);
    await pass(3_000);
    expect(await stateOf()).toBeUndefined();
  });

  it("nothing that only asked for a thaw is remembered", async () => {
    const { store, trouble, admit } = process();
    trouble("gone");
    const gate: RuleCharge = { ...bucket(1), params: { kind: "gate" } };
    expect(await admit("a", "none", { claim: undefined, rules: [gate] })).toMatchObject({ status: "go" });
    trouble(undefined);
    expect(await admit("a", "r")).not.toHaveProperty("degraded");
    expect(store.mode).toBe("shared");
  });

  it("it holds what it is told against what is asked: the content goes with an outcome", async () => {
    const { store, shared, admit, trouble, pass, stateOf } = process();
    trouble("gone");
    const claim = { id: "r", mode: "send", content: "one" } as const;
    await admit("a", "r", { claim });
    const outcome = { bot: "1", owner: "a", attempt: 0, record: "r", rules: [], ttlUs: 1_800 * second };
    await store.settle({ ...outcome, as: "done", content: "one" });
    trouble(undefined);
    await pass(1_000);
    expect(await stateOf()).toBe("done");
    const other = { ...claim, content: "two" };
    const ask = { ...outcome, claim: other, maxWaitUs: 0, leaseUs: second, graceUs: 0 };
    expect(await shared.admit(ask)).toMatchObject({ status: "mismatch" });
  });

  it.each(["local", "allow-all", "reject"] as const)(
    "%s: a flood that it was not told of is told, for what is left of it",
    async (whenStoreDown) => {
      const { store, shared, admit, freeze, trouble, pass } = process(whenStoreDown);
      const rules = [bucket(20)];
      const frozenUs = async () => (await shared.stats({ bot: "1", rules }))[0]!.frozenUs;
      await admit("a", "r", { rules });
      trouble("gone");
      await freeze("a", rules).catch(() => {});
      for (let i = 0; i < 3; i++) await store.ping().catch(() => {});
      await pass(2_000);
      expect(await frozenUs()).toBe(0);
      trouble(undefined);
      await pass(1_000);
      expect(await frozenUs()).toBe(2 * second);
      await pass(3_000);
      expect(await frozenUs()).toBe(0);
    },
  );

  it("a flood that is over by then is not told", async () => {
    const { store, shared, admit, freeze, trouble, pass, asked } = process();
    const rules = [bucket(20)];
    await admit("a", "r", { rules });
    trouble("gone");
    await freeze("a", rules);
    for (let i = 0; i < 3; i++) await store.ping().catch(() => {});
    await pass(6_000);
    trouble(undefined);
    await pass(2_000);
    expect((await shared.stats({ bot: "1", rules }))[0]).toMatchObject({ frozenUs: 0, rate: 1 });
    const before = asked();
    await pass(10_000);
    expect(asked()).toBe(before);
  });

  it("closing tells it what is owed", async () => {
    const { store, admit, settle, trouble, stateOf, pass } = process();
    await admit("a");
    trouble("gone");
    await settle("a", "done");
    await pass(0);
    trouble(undefined);
    await store.close();
    expect(await stateOf()).toBe("done");
  });
});
