import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowParams } from "../store/port.js";
import { type Caller, type Flood, type Seen, simulate } from "../testing/rule-world.js";
import { dropPlaces, type Places, placesFor, placesLeft, prune, takePlaces, windowTurn } from "./window.js";

const params = (limit: number, periodUs = 1_000, marginUs = 40): WindowParams => ({
  kind: "window",
  limit,
  periodUs,
  marginUs,
});

const limits = fc.integer({ min: 1, max: 5 });

function callers(late: number, open: number, cost: fc.Arbitrary<number>): fc.Arbitrary<Caller[]> {
  const caller = fc.record({
    at: fc.nat(4_000),
    cost,
    late: fc.nat(late),
    open: fc.nat(open),
    countedAfter: fc.double({ min: 0, max: 1, noNaN: true }),
    aborts: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  });
  return fc.array(caller, { maxLength: 40 });
}

const floods: fc.Arbitrary<Flood[]> = fc.array(fc.record({ at: fc.nat(6_000), lasts: fc.nat(2_000) }), {
  maxLength: 4,
});

/** Every message's time of counting; a cost above the limit took the whole limit. */
const counted = (seen: readonly Seen[], limit: number): number[] =>
  seen
    .flatMap(({ countedAt, cost }) => Array<number>(Math.min(cost, limit)).fill(countedAt))
    .sort((one, other) => one - other);

/** Brute force: no message is the `limit + 1`st in the period before it. */
function expectAtMost(limit: number, periodUs: number, times: readonly number[]) {
  for (let i = limit; i < times.length; i++) {
    expect(times[i]! - times[i - limit]!, `${times}`).toBeGreaterThanOrEqual(periodUs);
  }
}

describe("a trailing window", () => {
  it("never lets more than its limit be counted in any trailing period, with punctual callers", () => {
    fc.assert(
      fc.property(limits, callers(0, 0, fc.integer({ min: 1, max: 7 })), (limit, fleet) => {
        expectAtMost(limit, 1_000, counted(simulate(params(limit), fleet), limit));
      }),
      { numRuns: 300 },
    );
  });

  it("nor with callers that wake late, however late", () => {
    fc.assert(
      fc.property(limits, callers(5_000, 0, fc.constant(1)), (limit, fleet) => {
        expectAtMost(limit, 1_000, counted(simulate(params(limit), fleet), limit));
      }),
      { numRuns: 300 },
    );
  });

  it("nor with requests that stay open for up to a period and floods in between", () => {
    fc.assert(
      fc.property(
        limits,
        callers(300, 1_000, fc.integer({ min: 1, max: 4 })),
        floods,
        (limit, fleet, told) => {
          expectAtMost(limit, 1_000, counted(simulate(params(limit), fleet, told), limit));
        },
      ),
      { numRuns: 300 },
    );
  });

  it("lets everybody through who does not give up", () => {
    fc.assert(
      fc.property(limits, callers(300, 500, fc.integer({ min: 1, max: 7 })), floods, (limit, fleet, told) => {
        const patient = fleet.map((caller) => ({ ...caller, aborts: false }));
        expect(simulate(params(limit), patient, told)).toHaveLength(fleet.length);
      }),
    );
  });

  it("wastes nothing: settled at once, every place is used again one period later", () => {
    const fleet = Array.from({ length: 12 }, () => ({ at: 0, cost: 1, late: 0, open: 0, countedAfter: 0 }));
    const sent = simulate(params(3, 1_000, 0), fleet).map(({ sentAt }) => sentAt);
    expect(sent.map((at) => Math.floor(at / 1_000))).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]);
  });

  it("known limit: a request that is open longer than margin and period, unrenewed, is not in the way", () => {
    const slow = { at: 0, cost: 1, late: 0, open: 5_000, countedAfter: 1 };
    const next = { at: 4_500, cost: 1, late: 0, open: 0, countedAfter: 0 };
    const times = counted(simulate(params(1), [slow, next]), 1);
    expect(times[1]! - times[0]!).toBe(500);
  });
});

describe("places", () => {
  const names = fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 30 });

  function taken(frees: readonly number[]): Places {
    const places: Places = [];
    for (const at of frees) takePlaces(places, 1, at);
    return places;
  }

  it("are sorted and no two are equal", () => {
    fc.assert(
      fc.property(names, (frees) => {
        const places = taken(frees);
        expect(places).toEqual([...new Set(places)].sort((one, other) => one - other));
        expect(places).toHaveLength(frees.length);
      }),
    );
  });

  it("that are taken and dropped leave nothing", () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 5 }), fc.nat(300), (frees, count, at) => {
        const places = taken(frees);
        const before = [...places];
        dropPlaces(places, takePlaces(places, count, at));
        expect(places).toEqual(before);
      }),
    );
  });

  it("that have run out are forgotten, and only those", () => {
    fc.assert(
      fc.property(names, fc.nat(350), (frees, now) => {
        const places = taken(frees);
        const left = places.filter((at) => at > now);
        expect(placesLeft(params(100), places, now)).toBe(100 - left.length);
        prune(places, now);
        expect(places).toEqual(left);
      }),
    );
  });

  it("are waited for until that many are free, and no longer", () => {
    fc.assert(
      fc.property(names, limits, fc.integer({ min: 1, max: 7 }), fc.nat(350), (frees, limit, cost, now) => {
        const places = taken(frees);
        const free = (at: number) => limit - places.filter((place) => place > at).length;
        let turn = now;
        while (free(turn) < placesFor(params(limit), cost)) turn++;
        expect(windowTurn(params(limit), places, now, cost)).toBe(turn);
      }),
    );
  });
});
