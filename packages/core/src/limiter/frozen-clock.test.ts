import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FrozenClock, frozenFor, localTime, serverTime, stopUntil } from "./frozen-clock.js";

interface Stop {
  readonly after: number;
  readonly lasts: number;
}

const stops = fc.array(fc.record({ after: fc.nat(50), lasts: fc.nat(60) }), { maxLength: 12 });

/** The reference: the seconds that were frozen, one by one. */
function replay(history: readonly Stop[]) {
  const clock: FrozenClock = { shift: 0, thaw: 0 };
  const frozen = new Set<number>();
  let now = 0;
  for (const { after, lasts } of history) {
    now += after;
    stopUntil(clock, now, now + lasts);
    for (let tick = now; tick < now + lasts; tick++) frozen.add(tick);
  }
  const local = (at: number) => at - [...frozen].filter((tick) => tick < at).length;
  return { clock, frozen, local, now };
}

describe("the clock of a rule", () => {
  it("shows the time that was not frozen, whatever the floods", () => {
    fc.assert(
      fc.property(stops, fc.nat(100), (history, later) => {
        const { clock, local, now } = replay(history);
        expect(localTime(clock, now + later)).toBe(local(now + later));
      }),
    );
  });

  it("tells when it will show a time: the first moment at which it runs and does", () => {
    fc.assert(
      fc.property(stops, fc.nat(100), (history, ahead) => {
        const { clock, frozen, local, now } = replay(history);
        const wanted = local(now) + ahead;
        let moment = now;
        while (frozen.has(moment) || local(moment) < wanted) moment++;
        expect(serverTime(clock, wanted, now)).toBe(moment);
      }),
    );
  });

  it("shows nothing before the thaw, not even a time that it has shown already", () => {
    const clock: FrozenClock = { shift: 0, thaw: 0 };
    stopUntil(clock, 10, 14);
    expect([9, 10, 11].map((wanted) => serverTime(clock, wanted, 12))).toEqual([14, 14, 15]);
  });

  it("stands still as long as the longest flood that was told", () => {
    fc.assert(
      fc.property(stops, (history) => {
        const { clock, frozen, now } = replay(history);
        const thaw = Math.max(now - 1, ...frozen) + 1;
        expect(frozenFor(clock, now)).toBe(frozen.size ? Math.max(0, thaw - now) : 0);
      }),
    );
  });

  it("keeps order and spacing of turns handed out before a flood", () => {
    fc.assert(
      fc.property(stops, fc.nat(40), fc.nat(40), fc.nat(40), (history, first, gap, lasts) => {
        const { clock, local, now } = replay(history);
        const turn = local(now) + first;
        stopUntil(clock, now, now + lasts);
        const at = (wanted: number) => serverTime(clock, wanted, now);
        expect(at(turn + gap) - at(turn)).toBe(gap);
      }),
    );
  });
});
