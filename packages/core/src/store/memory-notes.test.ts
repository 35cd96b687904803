import { describe, expect, it } from "vitest";
import { bucket, graceUs, leaseUs, minute, second, ttlUs } from "../testing/laws/bench.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { memoryStore } from "./memory.js";
import type { AdmitRequest, RuleCharge, Settlement } from "./port.js";

/** A memory store in virtual time, and what is asked of it about record `r`. */
function bench() {
  const clock = new VirtualClock();
  const store = memoryStore({ clock });
  const request = (owner: string, rules: readonly RuleCharge[], more: Partial<AdmitRequest> = {}) => ({
    ...{ bot: "1", owner, attempt: 0, claim: { id: "r", mode: "send" } as const },
    ...{ rules, maxWaitUs: 10 * minute, leaseUs, graceUs, ttlUs },
    ...more,
  });
  const left = async (rule: RuleCharge) => (await store.stats({ bot: "1", rules: [rule] }))[0]!.remaining;
  const settle = (owner: string, as: Settlement, result?: string) =>
    store.settle({ bot: "1", owner, attempt: 0, record: "r", as, result, ttlUs, rules: [] });
  return { clock, store, request, left, settle, view: () => store.inspect("1", "r") };
}

it("the memory store lives in this process: it cannot go away", () => {
  expect(memoryStore()).toMatchObject({ name: "memory", embedded: true });
});

describe("what another store has admitted", () => {
  const rules = [bucket(5, minute, { key: "chat" }), bucket(5, minute, { key: "wide" })];

  it("is sent here too, under its lease, and has paid here", async () => {
    const { clock, store, request, left, view } = bench();
    store.note(request("a", rules), { leaseUs: 7 * second });
    const now = clock.now() * 1_000;
    expect(await view()).toMatchObject({ state: "sending", owner: "a", leaseUntilUs: now + 7 * second });
    expect(await Promise.all(rules.map(left))).toEqual([4, 4]);
    expect(await store.admit(request("b", rules))).toMatchObject({ status: "busy", state: "sending" });
  });

  it("is told as often as one likes, and paid once", async () => {
    const { store, request, left } = bench();
    for (let n = 0; n < 3; n++) store.note(request("a", rules), { leaseUs });
    expect(await Promise.all(rules.map(left))).toEqual([4, 4]);
  });

  it("keeps the lease that it was told of first", async () => {
    const { clock, store, request, view } = bench();
    store.note(request("a", rules), { leaseUs });
    const before = await view();
    await clock.advance(5_000);
    store.note(request("a", rules), { leaseUs });
    expect(await view()).toEqual(before);
  });

  it("goes on from what it has paid here already", async () => {
    const { clock, store, request, left, view } = bench();
    const asked = [rules[0]!, bucket(1, minute, { key: "wide" })];
    await store.admit(request("other", [asked[1]!], { claim: { id: "other", mode: "send" } }));
    expect(await store.admit(request("a", asked))).toMatchObject({ status: "wait", rule: "wide" });
    store.note(request("a", asked), { leaseUs });
    expect(await view()).toMatchObject({ state: "sending", owner: "a" });
    expect(await left(asked[0]!)).toBe(4);
    await clock.advance(60_000);
    expect(await left(asked[0]!)).toBe(5);
  });

  it("takes the place of what somebody else holds here, and pays for itself", async () => {
    const { store, request, left, view } = bench();
    await store.admit(request("b", rules));
    store.note(request("a", rules), { leaseUs });
    expect(await view()).toMatchObject({ state: "sending", owner: "a" });
    expect(await Promise.all(rules.map(left))).toEqual([3, 3]);
  });

  it("is only held where it is an update: it may be taken over", async () => {
    const { clock, store, request, view } = bench();
    const update = { claim: { id: "r", mode: "update" } } as const;
    store.note(request("a", [], update), { leaseUs });
    expect(await view()).toMatchObject({ state: "reserved", owner: "a" });
    await clock.advance(leaseUs / 1_000);
    expect(await store.admit(request("b", [], update))).toMatchObject({ status: "go" });
  });
});

describe("how an earlier run ended here", () => {
  it.each<Settlement>(["done", "ambiguous"])(
    "%s: by whom, when, with what, and for how long it is known",
    async (as) => {
      const { clock, store, request, settle } = bench();
      await store.admit(request("a", []));
      const closedAtUs = clock.now() * 1_000;
      await settle("a", as, "result");
      await clock.advance(1_000);
      expect(store.settledBefore(request("b", []))).toEqual({
        ...{ state: as, owner: "a", attempt: 0, closedAtUs, leftUs: ttlUs - second, result: "result" },
      });
    },
  );

  it("is nothing while it goes on, when it left nothing, and for a call that claims nothing", async () => {
    const { store, request, settle } = bench();
    expect(store.settledBefore(request("b", []))).toBeUndefined();
    await store.admit(request("a", []));
    expect(store.settledBefore(request("b", []))).toBeUndefined();
    await settle("a", "free");
    expect(store.settledBefore(request("b", []))).toBeUndefined();
    expect(store.settledBefore(request("b", [], { claim: undefined }))).toBeUndefined();
  });

  it("is nothing to who takes what is ambiguous, unless it is its own", async () => {
    const { store, request, settle } = bench();
    await store.admit(request("a", []));
    await settle("a", "ambiguous");
    const taking = { claim: { id: "r", mode: "send", takeAmbiguous: true } } as const;
    expect(store.settledBefore(request("b", [], taking))).toBeUndefined();
    expect(store.settledBefore(request("a", [], taking))).toMatchObject({ state: "ambiguous" });
    expect(store.settledBefore(request("a", [], { ...taking, attempt: 1 }))).toBeUndefined();
  });
});
