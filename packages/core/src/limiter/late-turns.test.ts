import { describe, expect, it } from "vitest";
import type { RuleCharge, RuleParams } from "../store/port.js";
import { stopUntil } from "./frozen-clock.js";
import {
  describeRule,
  freshRule,
  giveBack,
  markSending,
  pay,
  postpone,
  type RuleState,
  readyAt,
  restsAt,
  turnOf,
} from "./rule-state.js";

const charge = (params: RuleParams, more: Partial<RuleCharge> = {}): RuleCharge => ({
  name: "rule",
  key: "rule",
  params,
  cost: 1,
  mode: "wait",
  ...more,
});

const params = { kind: "bucket", capacity: 1, intervalUs: 100 } as const;
const one = charge(params);
const bulk = charge(params, { priority: "bulk" });
const debit = charge(params, { mode: "debit" });
const left = (state: RuleState, now: number) => describeRule(one, state, now).remaining;

describe("a turn of a bucket that is used late", () => {
  it.each([
    [0, 1_100],
    [30, 1_130],
    [100, 1_200],
    [500, 1_600],
  ])("by %i, while nobody waits: it pays anew for what has run off, so the next goes at %i", (late, next) => {
    const state = freshRule();
    const paid = pay(one, state, 1_000);
    markSending(one, state, paid, 1_000 + late);
    expect(turnOf(one, state, 1_000 + late)).toBe(next);
  });

  it.each([
    [1, 1, 1_340],
    [2, 2, 1_340],
    [2, 1, 1_250],
  ])("of %i tokens, and somebody has just taken %i: it may go at %i", (capacity, cost, ready) => {
    const state = freshRule();
    const [own, other] = [charge({ ...params, capacity }), charge({ ...params, capacity }, { cost })];
    const paid = pay(own, state, 1_000);
    markSending(other, state, pay(other, state, 1_240), 1_240);
    expect(Math.max(1_250, readyAt(own, state, paid, 1_250))).toBe(ready);
  });

  it("takes its tokens anew behind who has taken some meanwhile, not in their place", () => {
    const state = freshRule();
    const two = charge({ ...params, capacity: 2 });
    const paid = pay(two, state, 1_000);
    markSending(two, state, pay(two, state, 1_240), 1_240);
    markSending(two, state, paid, 1_250);
    expect(turnOf(two, state, 1_250)).toBe(1_340);
  });

  it("is paid anew once, however often its request is renewed, and given back once", () => {
    const state = freshRule();
    const paid = pay(one, state, 1_000);
    for (const now of [1_500, 1_500, 1_500]) markSending(one, state, paid, now);
    expect(turnOf(one, state, 1_500)).toBe(1_600);
    giveBack(one, state, paid);
    expect(turnOf(one, state, 1_500)).toBe(1_500);
  });

  it("refills late though others wait, and is given back whole", () => {
    const state = freshRule();
    pay(one, state, 1_000);
    const paid = pay(one, state, 1_000);
    markSending(one, state, paid, 1_150);
    expect([left(state, 1_249), left(state, 1_250)]).toEqual([0, 1]);
    giveBack(one, state, paid);
    expect(left(state, 1_150)).toBe(1);
  });

  it("leaves a gap when it is given back from among others, and nobody's turn moves", () => {
    const state = freshRule();
    pay(one, state, 1_000);
    const paid = pay(one, state, 1_000);
    pay(one, state, 1_000);
    markSending(one, state, paid, 1_150);
    giveBack(one, state, paid);
    expect(turnOf(one, state, 1_150)).toBe(1_300);
  });

  it("gives back what it took anew, and no more, where others have paid since without waiting", () => {
    const state = freshRule();
    const ten = charge({ ...params, capacity: 10 });
    const paid = pay(ten, state, 1_000);
    markSending(ten, state, pay(ten, state, 1_000), 1_000);
    expect(state.full).toBe(1_200);
    markSending(ten, state, paid, 1_050);
    expect(state.full).toBe(1_250);
    giveBack(ten, state, paid);
    expect(state.full).toBe(1_200);
  });

  it("takes nothing more where it was not waited for", () => {
    const state = freshRule();
    markSending(debit, state, pay(debit, state, 1_000), 1_090);
    expect(turnOf(one, state, 1_090)).toBe(1_100);
  });

  it("takes nothing more where reserved turns have paid for it", () => {
    const state = freshRule();
    for (let n = 0; n < 4; n++) pay(one, state, 1_000);
    const bulkReply = { ...bulk, mode: "debit" } as const;
    const paid = pay(bulkReply, state, 1_000);
    const next = turnOf(one, state, 1_000);
    markSending(bulkReply, state, paid, 1_000);
    expect([next, turnOf(one, state, 1_000)]).toEqual([1_500, 1_500]);
  });
});

describe("bulk", () => {
  it("takes free tokens at once, before it sends", () => {
    const state = freshRule();
    pay(bulk, state, 1_000);
    expect(turnOf(one, state, 1_000)).toBe(1_100);
  });

  it("takes its tokens when it comes out of the lane: once, and given back whole", () => {
    const state = freshRule();
    pay(one, state, 1_000);
    const paid = pay(bulk, state, 1_000);
    expect(left(state, 1_100)).toBe(1);
    for (const now of [1_100, 1_100]) markSending(bulk, state, paid, now);
    expect([left(state, 1_199), left(state, 1_200)]).toEqual([0, 1]);
    giveBack(bulk, state, paid);
    expect(left(state, 1_100)).toBe(1);
  });

  it("keeps a rule from resting while it waits behind everybody else", () => {
    const state = freshRule();
    pay(one, state, 1_000);
    pay(bulk, state, 1_000);
    for (let n = 0; n < 3; n++) pay(one, state, 1_000);
    expect(restsAt(state)).toBe(1_500);
  });
});

describe("who is held back by a late one", () => {
  /** One goes at once, `first` is used late; `second` and `third` wait behind it. */
  function heldBack(late: number, waiting = one) {
    const state = freshRule();
    pay(one, state, 1_000);
    const [first, second, third] = [
      pay(one, state, 1_000),
      pay(waiting, state, 1_000),
      pay(waiting, state, 1_000),
    ];
    markSending(one, state, first, late);
    const ready = () => [second, third].map((paid) => readyAt(waiting, state, paid, 1_200));
    return { state, second, ready };
  }

  it.each([
    { late: 1_180, own: 1_280, behind: 1_380, next: 1_480 },
    { late: 1_350, own: 1_450, behind: 1_450, next: 1_550 },
  ])("takes everybody behind along, by one message's time at most: $late", ({ late, own, behind, next }) => {
    const { state, second, ready } = heldBack(late);
    expect(ready()[0]).toBe(own);
    postpone(one, state, second, own);
    expect([ready()[1], turnOf(one, state, 1_200)]).toEqual([behind, next]);
  });

  it("takes the whole lane along, and nobody outside it", () => {
    const { state, second, ready } = heldBack(1_190, bulk);
    expect(ready()).toEqual([1_290, 1_300]);
    postpone(bulk, state, second, 1_290);
    expect(ready()).toEqual([1_290, 1_390]);
    expect(turnOf(one, state, 1_200)).toBe(1_290);
  });

  it("moves nobody else when it is a thaw that it waits for", () => {
    const { state, second, ready } = heldBack(1_100);
    stopUntil(state, 1_250, 1_500);
    const before = ready()[1]!;
    postpone(one, state, second, 1_500);
    expect([before, ready()[1]]).toEqual([1_550, 1_550]);
  });

  it("moves nobody else when nobody waits", () => {
    const state = freshRule();
    const paid = pay(one, state, 1_000);
    pay(one, state, 1_240);
    postpone(one, state, paid, readyAt(one, state, paid, 1_250));
    expect(turnOf(one, state, 1_250)).toBe(1_340);
  });
});

describe("a place in a window", () => {
  const places = { kind: "window", limit: 1, periodUs: 1_000, marginUs: 100 } as const;
  const placed = charge(places);

  it("is taken for the margin and the period from its turn on, before it is used", () => {
    const state = freshRule();
    pay(placed, state, 0);
    expect(turnOf(placed, state, 0)).toBe(1_100);
  });

  it("moves with a turn that has to come later", () => {
    const state = freshRule();
    const first = pay(placed, state, 0);
    const second = pay(placed, state, 0);
    markSending(placed, state, first, 500);
    const at = readyAt(placed, state, second, 1_100);
    expect(at).toBe(1_600);
    postpone(placed, state, second, at);
    expect([second.turn, turnOf(placed, state, 1_100)]).toEqual([1_600, 2_700]);
  });

  it("that is not waited for is not waited for later either", () => {
    const state = freshRule();
    pay(placed, state, 0);
    const reply = { ...placed, mode: "debit" } as const;
    expect(readyAt(reply, state, pay(reply, state, 0), 10)).toBe(0);
  });
});

it("a gate has nothing to give: neither tokens nor places", () => {
  const gate = charge({ kind: "gate" });
  const state = freshRule();
  expect(pay(gate, state, 1_000)).toEqual({ turn: 1_000, full: 0, rose: 0, places: [] });
  expect([describeRule(gate, state, 1_000).remaining, restsAt(state)]).toEqual([0, 0]);
});

describe("more room than a rule says", () => {
  const probing = charge(params, { ceiling: 2_000_000 });
  const rate = (state: RuleState) => describeRule(probing, state, 1_000).rate;

  it("is looked for by messages that wait, and by no other", () => {
    const state = freshRule();
    pay(probing, state, 1_000);
    pay({ ...probing, mode: "debit" }, state, 1_000);
    expect(rate(state)).toBe(1);
    pay(probing, state, 1_000);
    expect(rate(state)).toBe(1.0005);
  });
});

it("what really went out is followed in server time, though the rule's clock stood still", () => {
  const state = freshRule();
  stopUntil(state, 0, 50);
  for (let n = 0; n < 2; n++) pay(one, state, 1_000);
  expect(state.sent).toBe(1_100);
});
