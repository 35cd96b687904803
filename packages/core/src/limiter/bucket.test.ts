import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BucketParams } from "../store/port.js";
import { type Caller, type Flood, type Seen, simulate } from "../testing/rule-world.js";
import { type BucketState, bucketTurn, debitAt, takeAt, tokensFor, tokensLeft } from "./bucket.js";

const params = (capacity: number, intervalUs: number): BucketParams => ({
  kind: "bucket",
  capacity,
  intervalUs,
});

const buckets = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 400 }))
  .map(([capacity, intervalUs]) => params(capacity, intervalUs));

const caller: fc.Arbitrary<Caller> = fc.record({
  at: fc.nat(4_000),
  cost: fc.integer({ min: 1, max: 8 }),
  late: fc.nat(5_000),
  open: fc.nat(500),
  countedAfter: fc.constant(0),
  aborts: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
});

const floods: fc.Arbitrary<Flood[]> = fc.array(fc.record({ at: fc.nat(6_000), lasts: fc.nat(2_000) }), {
  maxLength: 4,
});

/** Brute force: a bucket on the far side that counts tokens. Answers the lowest level that it sees. */
function lowest({ capacity, intervalUs }: BucketParams, seen: readonly Seen[]): number {
  let level = capacity * intervalUs;
  let last = 0;
  let least = level;
  for (const { sentAt, cost } of [...seen].sort((one, other) => one.sentAt - other.sentAt)) {
    level = Math.min(capacity * intervalUs, level + sentAt - last) - Math.min(cost, capacity) * intervalUs;
    last = sentAt;
    least = Math.min(least, level);
  }
  return least;
}

describe("a token bucket", () => {
  it("never asks more of an equal bucket on the far side than that has, however late callers wake", () => {
    fc.assert(
      fc.property(buckets, fc.array(caller, { maxLength: 40 }), floods, (bucket, fleet, told) => {
        expect(lowest(bucket, simulate(bucket, fleet, told))).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
  });

  it("lets everybody through who does not give up", () => {
    fc.assert(
      fc.property(buckets, fc.array(caller, { maxLength: 40 }), floods, (bucket, fleet, told) => {
        const patient = fleet.map((one) => ({ ...one, aborts: false }));
        expect(simulate(bucket, patient, told)).toHaveLength(fleet.length);
      }),
    );
  });

  it("hands out the earliest turn that the far side allows, in order", () => {
    fc.assert(
      fc.property(buckets, fc.array(fc.nat(300), { maxLength: 20 }), (bucket, gaps) => {
        const state: BucketState = { full: 0, lane: 0, pushed: 0 };
        const seen: Seen[] = [];
        let now = 0;
        let last = 0;
        for (const gap of gaps) {
          now += gap;
          const turn = bucketTurn(bucket, state, now, 1);
          takeAt(bucket, state, turn, 1);
          const at = (sentAt: number) => [...seen, { sentAt, countedAt: sentAt, cost: 1 }];
          expect(turn).toBeGreaterThanOrEqual(last);
          expect(lowest(bucket, at(turn))).toBeGreaterThanOrEqual(0);
          if (turn > Math.max(now, last)) expect(lowest(bucket, at(turn - 1))).toBeLessThan(0);
          seen.push({ sentAt: turn, countedAt: turn, cost: 1 });
          last = turn;
        }
      }),
    );
  });

  it("is never in debt by more than its capacity, and a debit never gives tokens", () => {
    fc.assert(
      fc.property(
        buckets,
        fc.array(fc.tuple(fc.nat(500), fc.integer({ min: 1, max: 9 })), { maxLength: 60 }),
        (bucket, debits) => {
          const state: BucketState = { full: 0, lane: 0, pushed: 0 };
          let now = 0;
          for (const [gap, cost] of debits) {
            now += gap;
            const before = tokensLeft(bucket, state, now);
            debitAt(bucket, state, now, cost);
            const after = tokensLeft(bucket, state, now);
            expect(after).toBeGreaterThanOrEqual(-bucket.capacity);
            expect(after).toBeLessThanOrEqual(before);
            expect(before - after).toBeLessThanOrEqual(tokensFor(bucket, cost));
          }
        },
      ),
    );
  });

  it("holds back who would follow a late caller closer than it refills", () => {
    const on = (late: number) => ({ at: 0, cost: 1, late, open: 0, countedAfter: 0 });
    const seen = simulate(params(1, 100), [on(0), on(150), on(0), on(0)]);
    expect(seen.map(({ sentAt }) => sentAt).sort((one, other) => one - other)).toEqual([0, 200, 375, 475]);
  });
});
