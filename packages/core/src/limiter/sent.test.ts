import { describe, expect, it } from "vitest";
import type { RuleCharge, RuleParams } from "../store/port.js";
import { countSent, drainSent, followSent, heldUntil } from "./sent.js";

const bucket: RuleParams = { kind: "bucket", capacity: 7, intervalUs: 100 };
const others: readonly RuleParams[] = [
  { kind: "window", limit: 7, periodUs: 100, marginUs: 0 },
  { kind: "gate" },
];

const charge = (params: RuleParams, cost = 1, mode: RuleCharge["mode"] = "wait"): RuleCharge => ({
  name: "rule",
  key: "rule",
  params,
  cost,
  mode,
});

describe("what really went out of a bucket", () => {
  it("is followed from the first turn that is reserved on", () => {
    const state = { sent: 0 };
    followSent(state, 500);
    followSent(state, 900);
    expect(state.sent).toBe(500);
  });

  it("grows by what each message takes, from now on or from what is there", () => {
    const at = (sent: number, now: number, cost = 1) => {
      const state = { sent };
      countSent(charge(bucket, cost), state, now);
      return state.sent;
    };
    expect([at(500, 400), at(500, 600), at(500, 400, 3), at(500, 400, 99)]).toEqual([600, 700, 800, 1_200]);
  });

  it("holds back who would find too few tokens by what was sent", () => {
    const held = (cost: number) => heldUntil(charge(bucket, cost), { sent: 1_000 });
    expect([held(1), held(3), held(7), held(99)]).toEqual([400, 600, 1_000, 1_000]);
  });

  it("is not followed while nobody waits: no one is held back, and nothing counts", () => {
    const state = { sent: 0 };
    countSent(charge(bucket), state, 400);
    expect([state.sent, heldUntil(charge(bucket), state)]).toEqual([0, 0]);
  });

  it("neither holds back nor counts messages that are not waited for, or rules of another kind", () => {
    for (const one of [charge(bucket, 1, "debit"), ...others.map((params) => charge(params))]) {
      const state = { sent: 1_000 };
      countSent(one, state, 2_000);
      expect([state.sent, heldUntil(one, state)]).toEqual([1_000, 0]);
    }
  });

  it.each([
    [1, 0],
    [6, 5],
    [7, 5],
    [30, 25],
  ])("leaves a sixth of a burst of %i after a flood: %i are gone", (capacity, gone) => {
    const state = { sent: 0 };
    drainSent(charge({ ...bucket, capacity }), state, 2_000);
    expect(state.sent).toBe(2_000 + gone * 100);
  });

  it("is never less after a flood, and no matter to rules of another kind", () => {
    const state = { sent: 9_000 };
    drainSent(charge(bucket), state, 2_000);
    for (const params of others) drainSent(charge(params), state, 50_000);
    expect(state.sent).toBe(9_000);
  });
});
