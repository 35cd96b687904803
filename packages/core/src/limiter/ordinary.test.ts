import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { RuleCharge } from "../store/port.js";
import { ordinaryPayment } from "./ordinary.js";
import { freshRule, markSending, pay, type RuleState, restsAt, turnOf } from "./rule-state.js";

const now = 1_000_000_000;
const second = 1_000_000;

const bucket = (more: Partial<RuleCharge> = {}): RuleCharge => ({
  name: "chat",
  key: "chat:7",
  params: { kind: "bucket", capacity: 10, intervalUs: second },
  cost: 1,
  mode: "wait",
  ...more,
});
const gate = bucket({ params: { kind: "gate" } });
const state = (more: Partial<RuleState>): RuleState => ({ ...freshRule(), ...more });

describe("an ordinary payment", () => {
  it("takes its tokens from a bucket that nobody has used", () => {
    const expected = { turn: now, full: now + 3 * second, rose: 3 * second, places: [] };
    expect(ordinaryPayment(bucket({ cost: 3 }), undefined, now)).toEqual(expected);
  });

  it("takes them on top of what others have taken, down to the last one", () => {
    const used = state({ full: now + 9 * second });
    expect(ordinaryPayment(bucket(), used, now)).toEqual({
      ...{ turn: now, full: now + 10 * second, rose: second, places: [] },
    });
    expect(ordinaryPayment(bucket({ cost: 2 }), used, now)).toBeUndefined();
    expect(ordinaryPayment(bucket(), state({ full: now + 9 * second + 1 }), now)).toBeUndefined();
  });

  it("takes the whole bucket for a cost above it", () => {
    expect(ordinaryPayment(bucket({ cost: 99 }), undefined, now)?.full).toBe(now + 10 * second);
    expect(ordinaryPayment(bucket({ cost: 99 }), state({ full: now + 1 }), now)).toBeUndefined();
  });

  it("forgets a rule that is at rest", () => {
    const rested = state({ full: now, shift: 0 });
    expect(ordinaryPayment(bucket(), rested, now)?.full).toBe(now + second);
    const thawed = state({ thaw: now - 1, shift: 5 });
    expect(ordinaryPayment(gate, thawed, now)).toEqual({ turn: now, full: 0, rose: 0, places: [] });
  });

  it("debits without waiting, down to minus the capacity", () => {
    const debit = bucket({ mode: "debit" });
    const at = (full: number) => ordinaryPayment(debit, state({ full }), now)?.full;
    expect(at(now + 15 * second)).toBe(now + 16 * second);
    expect(at(now + 19 * second + 1)).toBe(now + 20 * second);
    expect(at(now + 20 * second)).toBe(now + 20 * second);
    expect(at(now + 20 * second + 1)).toBeUndefined();
  });

  it("passes a gate that holds no freeze, and leaves one that does to the whole arithmetic", () => {
    expect(ordinaryPayment(gate, undefined, now)).toEqual({ turn: now, full: 0, rose: 0, places: [] });
    expect(ordinaryPayment(gate, state({ thaw: now + 1 }), now)).toBeUndefined();
  });

  it("that would pay nothing is none", () => {
    expect(ordinaryPayment(bucket({ cost: 0 }), undefined, now)).toBeUndefined();
  });

  it.each<Partial<RuleState>>([
    { shift: 1 },
    { thaw: 1 },
    { sent: 1 },
    { lane: 1 },
    { pushed: 1 },
    { rate: 999_999 },
    { places: [1] },
  ])("is none where more is to be known of the bucket: %j", (more) => {
    expect(ordinaryPayment(bucket(), state({ full: now + second, ...more }), now)).toBeUndefined();
  });

  it("is none for a window", () => {
    const window = { kind: "window", limit: 20, periodUs: 60 * second, marginUs: 0 } as const;
    expect(ordinaryPayment(bucket({ params: window }), undefined, now)).toBeUndefined();
  });
});

test("where there is an ordinary payment, the whole arithmetic comes to the same", () => {
  const charges = fc.record({
    capacity: fc.integer({ min: 1, max: 5 }),
    intervalUs: fc.integer({ min: 1, max: 7 }),
    cost: fc.integer({ min: 0, max: 7 }),
    mode: fc.constantFrom("wait" as const, "debit" as const),
    priority: fc.constantFrom("normal" as const, "bulk" as const),
    isGate: fc.boolean(),
  });
  const found = fc.option(fc.integer({ min: now - 10, max: now + 60 }), { nil: undefined });
  fc.assert(
    fc.property(charges, found, ({ capacity, intervalUs, cost, mode, priority, isGate }, full) => {
      const params = isGate ? gate.params : ({ kind: "bucket", capacity, intervalUs } as const);
      const charge = bucket({ params, cost, mode, priority });
      const before = full === undefined ? undefined : state({ full });
      const payment = ordinaryPayment(charge, before, now);
      const rule = before && restsAt(before) > now ? before : freshRule();
      const goesNow = turnOf(charge, rule, now) <= now;
      if (payment === undefined) return;
      expect(goesNow).toBe(true);
      const paid = pay(charge, rule, now);
      markSending(charge, rule, paid, now);
      expect(payment).toEqual(paid);
      expect(payment.full).toBe(isGate ? 0 : rule.full);
      expect({ ...rule, full: 0 }).toEqual(freshRule());
    }),
  );
});
