import { describe, expect, it } from "vitest";
import { ConfigurationError, StoreUnavailable } from "../errors.js";
import { type MemoryStore, memoryStore } from "./memory.js";
import type { Settlement, SettleRequest } from "./port.js";
import { WriteBack } from "./write-back.js";

const whose = (record: string, owner = "a", attempt = 0) => ({ bot: "1", owner, attempt, record, rules: [] });

const outcome = (record: string, as: Settlement = "done", owner = "a", attempt = 0): SettleRequest => ({
  ...whose(record, owner, attempt),
  as,
  result: as === "done" ? "m1" : undefined,
  ttlUs: 60e6,
});

const claim = (store: MemoryStore, record: string, owner = "a", attempt = 0) =>
  store.admit({
    ...whose(record, owner, attempt),
    claim: { id: record, mode: "send" },
    maxWaitUs: 0,
    leaseUs: 30e6,
    graceUs: 10e6,
    ttlUs: 60e6,
  });

const stateOf = async (store: MemoryStore, record: string) => (await store.inspect("1", record))?.state;

describe("an outcome is written back", () => {
  it("where the store has no record", async () => {
    const store = memoryStore();
    const back = new WriteBack(store);
    back.add(outcome("sent"));
    back.add(outcome("lost", "ambiguous"));
    await back.flush();
    expect(await store.inspect("1", "sent")).toMatchObject({ state: "done", result: "m1" });
    expect(await stateOf(store, "lost")).toBe("ambiguous");
    expect(back.size).toBe(0);
  });

  it("where the store has this owner's own, also of an earlier attempt", async () => {
    const store = memoryStore();
    const back = new WriteBack(store);
    await claim(store, "own");
    await claim(store, "earlier", "a", 1);
    back.add(outcome("own"));
    back.add(outcome("earlier", "done", "a", 2));
    await back.flush();
    expect(await stateOf(store, "own")).toBe("done");
    expect(await stateOf(store, "earlier")).toBe("done");
  });

  it("nowhere over another owner's record", async () => {
    const store = memoryStore();
    const back = new WriteBack(store);
    await claim(store, "theirs", "b");
    for (const as of ["done", "free", "unsent", "ambiguous"] as const) back.add(outcome("theirs", as));
    await back.flush();
    expect(await store.inspect("1", "theirs")).toMatchObject({ state: "sending", owner: "b" });
    expect(back.size).toBe(0);
  });

  it("as nothing at all, when nothing was sent and the store knows of nothing", async () => {
    const store = memoryStore();
    const back = new WriteBack(store);
    back.add(outcome("refused", "free"));
    back.add(outcome("unsent", "unsent"));
    await back.flush();
    expect((await store.ping()).records).toBe(0);
  });
});

describe("what the store does not take", () => {
  /** A store that fails as told, then works. */
  function failing(...errors: Error[]) {
    const store = memoryStore();
    let asked = 0;
    const shared = {
      admit: store.admit.bind(store),
      settle: async (request: SettleRequest) => {
        asked++;
        const error = errors.shift();
        if (error) throw error;
        return store.settle(request);
      },
    };
    return { store, back: new WriteBack(shared), asked: () => asked };
  }

  it("waits while the store is away, and two flushes at once are one", async () => {
    const { store, back, asked } = failing(new StoreUnavailable("away"), new StoreUnavailable("away"));
    back.add(outcome("one"));
    back.add(outcome("two"));
    await Promise.all([back.flush(), back.flush()]);
    expect([back.size, asked()]).toEqual([2, 2]);
    expect([back.owes("1", "one"), back.owes("1", "other")]).toEqual([true, false]);
    await back.flush();
    expect(back.owes("1", "one")).toBe(false);
    expect(back.size).toBe(0);
    expect([await stateOf(store, "one"), await stateOf(store, "two")]).toEqual(["done", "done"]);
  });

  it("does not hold up the others when it will never be taken", async () => {
    const { store, back } = failing(new ConfigurationError("a foreign value"));
    back.add(outcome("foreign"));
    back.add(outcome("fine"));
    await back.flush();
    expect([await stateOf(store, "foreign"), await stateOf(store, "fine")]).toEqual([undefined, "done"]);
    expect(back.size).toBe(0);
  });

  it("is kept up to 10,000 outcomes: first those go that only free a key, then the oldest, which is told", async () => {
    const store = memoryStore();
    const dropped: number[] = [];
    const back = new WriteBack(store, (count) => dropped.push(count));
    for (let i = 0; i < 9_999; i++) back.add(outcome(`r${i}`));
    back.add(outcome("freed", "free"));
    back.add(outcome("r9999"));
    expect([back.size, dropped, back.owes("1", "freed")]).toEqual([10_000, [], false]);
    back.add(outcome("r10000"));
    expect([back.size, dropped]).toEqual([10_000, [1]]);
    await back.flush();
    expect(await stateOf(store, "r0")).toBeUndefined();
    expect(await stateOf(store, "r1")).toBe("done");
    expect(await stateOf(store, "r10000")).toBe("done");
  });
});
