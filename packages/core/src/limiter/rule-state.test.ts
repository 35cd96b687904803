import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleCharge, RuleParams } from "../store/port.js";
import { stopUntil } from "./frozen-clock.js";
import {
  describeRule,
  freshRule,
  giveBack,
  markSending,
  pay,
  type RuleState,
  readyAt,
  restsAt,
  turnOf,
  unitsOf,
} from "./rule-state.js";

const kinds: fc.Arbitrary<RuleParams> = fc.oneof(
  fc.record({
    kind: fc.constant("bucket" as const),
    capacity: fc.integer({ min: 1, max: 5 }),
    intervalUs: fc.integer({ min: 1, max: 300 }),
  }),
  fc.record({
    kind: fc.constant("window" as const),
    limit: fc.integer({ min: 1, max: 5 }),
    periodUs: fc.integer({ min: 1, max: 1_000 }),
    marginUs: fc.nat(50),
  }),
  fc.constant({ kind: "gate" as const }),
);

const charge = (params: RuleParams, cost = 1, mode: RuleCharge["mode"] = "wait"): RuleCharge => ({
  name: "rule",
  key: "rule",
  params,
  cost,
  mode,
});

const steps = fc.array(
  fc.record({
    gap: fc.nat(400),
    cost: fc.integer({ min: 1, max: 6 }),
    mode: fc.constantFrom("wait" as const, "debit" as const),
    flood: fc.option(fc.nat(900), { freq: 6 }),
  }),
  { maxLength: 15 },
);

type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** A rule with a past. */
function after(params: RuleParams, history: Steps): { state: RuleState; now: number } {
  const state = freshRule();
  let now = 1_000;
  for (const { gap, cost, mode, flood } of history) {
    now += gap;
    const one = charge(params, cost, mode);
    const turn = turnOf(one, state, now);
    const paid = pay(one, state, now);
    if (turn <= now) markSending(one, state, paid, now);
    if (flood !== null) stopUntil(state, now, now + flood);
  }
  return { state, now };
}

describe("a rule", () => {
  it("tells the turn that it then takes, and telling changes nothing", () => {
    fc.assert(
      fc.property(kinds, steps, fc.integer({ min: 1, max: 6 }), (params, history, cost) => {
        const { state, now } = after(params, history);
        const before = structuredClone(state);
        const turn = turnOf(charge(params, cost), state, now);
        expect(state).toEqual(before);
        expect(turn).toBeGreaterThanOrEqual(Math.max(now, state.thaw));
        const paid = pay(charge(params, cost), state, now);
        expect(Math.max(paid.turn + state.shift, state.thaw)).toBe(turn);
      }),
    );
  });

  it("hands out turns in the order of asking to callers that cost the same", () => {
    fc.assert(
      fc.property(kinds, steps, fc.integer({ min: 1, max: 6 }), (params, history, cost) => {
        const { state, now } = after(params, history);
        const turns = Array.from({ length: 12 }, () => {
          const turn = turnOf(charge(params, cost), state, now);
          pay(charge(params, cost), state, now);
          return turn;
        });
        expect(turns).toEqual([...turns].sort((one, other) => one - other));
      }),
    );
  });

  it("is as it was when the newest turn is given back", () => {
    fc.assert(
      fc.property(
        kinds,
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.nat(2_000),
        (params, history, cost, later) => {
          const { state, now } = after(params, history);
          const as = (at: number) =>
            [1, 2, 3, 4, 5, 6].map((each) => describeRule(charge(params, each), state, at));
          const before = [as(now), as(now + later)];
          const paid = pay(charge(params, cost), state, now);
          giveBack(charge(params, cost), state, paid);
          expect([as(now), as(now + later)]).toEqual(before);
        },
      ),
    );
  });

  it("never gets faster by a turn that is given back, whichever it was", () => {
    fc.assert(
      fc.property(kinds, steps, fc.array(fc.nat(5), { maxLength: 6 }), (params, history, dropped) => {
        const { state, now } = after(params, history);
        const one = charge(params);
        const before = turnOf(one, state, now);
        const taken = Array.from({ length: 6 }, () => pay(one, state, now));
        for (const which of new Set(dropped)) giveBack(one, state, taken[which]!);
        expect(turnOf(one, state, now)).toBeGreaterThanOrEqual(before);
      }),
    );
  });

  it("rests when it is full and runs: from then on it is like a fresh one", () => {
    fc.assert(
      fc.property(kinds, steps, fc.integer({ min: 1, max: 6 }), (params, history, cost) => {
        const { state, now } = after(params, history);
        const rest = Math.max(now, restsAt(state));
        expect(describeRule(charge(params, cost), state, rest)).toEqual(
          describeRule(charge(params, cost), freshRule(), rest),
        );
      }),
    );
  });

  it("takes the whole limit and not more for a cost above it", () => {
    const bucket = charge({ kind: "bucket", capacity: 3, intervalUs: 1 }, 9);
    const window = charge({ kind: "window", limit: 3, periodUs: 1, marginUs: 0 }, 9);
    expect([bucket, window, charge({ kind: "gate" }, 9)].map(unitsOf)).toEqual([3, 3, 0]);
  });

  it("has room for bulk again when a normal turn has been given back", () => {
    const params = { kind: "bucket", capacity: 1, intervalUs: 100 } as const;
    const state = freshRule();
    pay(charge(params), state, 1_000);
    giveBack(charge(params), state, pay(charge(params), state, 1_000));
    const bulk = { ...charge(params), priority: "bulk" } as const;
    expect(turnOf(bulk, state, 1_000)).toBe(1_100);
    expect(turnOf(bulk, state, 1_100)).toBe(1_100);
  });

  it("has a lane for bulk: whoever else pays goes first, and the lane keeps its order and spacing", () => {
    const params = { kind: "bucket", capacity: 1, intervalUs: 100 } as const;
    const [normal, bulk] = [charge(params), { ...charge(params), priority: "bulk" } as const];
    const state = freshRule();
    pay(normal, state, 1_000);
    const waiting = [1, 2, 3].map(() => pay(bulk, state, 1_000));
    const ready = () => waiting.map((paid) => readyAt(bulk, state, paid, 1_000));
    expect(ready()).toEqual([1_100, 1_200, 1_300]);
    expect(turnOf(normal, state, 1_000)).toBe(1_100);
    pay(normal, state, 1_000);
    expect(ready()).toEqual([1_200, 1_300, 1_400]);
    pay({ ...normal, mode: "debit" }, state, 1_000);
    expect(ready()).toEqual([1_300, 1_400, 1_500]);
    markSending(bulk, state, waiting[0]!, 1_300);
    expect(turnOf(normal, state, 1_300)).toBe(1_400);
    expect(turnOf(bulk, state, 1_300)).toBe(1_600);
    giveBack(bulk, state, waiting[2]!);
    expect(turnOf(bulk, state, 1_300)).toBe(1_500);
  });

  it("makes reserved turns pay for a debit that may not be overdrawn", () => {
    const params = { kind: "bucket", capacity: 1, intervalUs: 100 } as const;
    const state = freshRule();
    const turns = [1, 2, 3, 4].map(() => pay(charge(params), state, 1_000));
    pay({ ...charge(params), mode: "debit" }, state, 1_000);
    const later = turns.slice(1).map((paid) => readyAt(charge(params), state, paid, 1_000));
    expect(later).toEqual([1_200, 1_300, 1_400]);
  });

  it("known limit: a place that settles early may go to a later caller of another process", () => {
    const params = { kind: "window", limit: 1, periodUs: 1_000, marginUs: 100 } as const;
    const state = freshRule();
    markSending(charge(params), state, pay(charge(params), state, 0), 0);
    expect(turnOf(charge(params), state, 0)).toBe(1_100);
  });
});
