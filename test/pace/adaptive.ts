import type { GuardOptions } from "@sendonce/grammy";
import { describe, expect, test } from "vitest";
import { Fleet, type Process } from "./fleet.js";

/** A far side that lets `perSecond` through and a burst of a fifth more; the rules say 30. */
const farSide = (perSecond: number) =>
  new Fleet({ limits: { bot: { capacity: 1.2 * perSecond, refillPerSecond: perSecond } } });

const process = (fleet: Fleet, flood: GuardOptions["flood"]) =>
  fleet.process({
    guard: { maxWaitMs: 3_600_000, ...(flood === undefined ? {} : { flood }) },
    upMs: () => 20,
    downMs: () => 20,
  });

let people = 1_000;

/** Sends `count` messages, each to somebody else, `width` of them on their way at a time. */
function keepBusy(by: Process, count: number, width = 20): Promise<unknown> {
  let left = count;
  const work = async () => {
    while (left-- > 0) {
      const { delivery } = await by.send({ chat_id: people++, text: "news" });
      expect(delivery.status).toBe("sent");
    }
  };
  return Promise.all(Array.from({ length: width }, work));
}

/** Messages a second that arrived within these seconds. */
function rate(fleet: Fleet, from: number, to: number): number {
  const times = fleet.receivedAt().filter((at) => at >= from * 1_000 && at < to * 1_000);
  return times.length / (to - from);
}

const floodsOf = ({ emulator }: Fleet): number => emulator.ledger.floods().length;

async function halved(flood?: GuardOptions["flood"], width?: number): Promise<Fleet> {
  const fleet = farSide(15);
  await fleet.all([1, 2, 3, 4].map(() => keepBusy(process(fleet, flood), 500, width)));
  return fleet;
}

/** The rate that the fleet has found, as a part of what the rule says. */
async function foundRate({ store }: Fleet): Promise<number> {
  const params = { kind: "bucket", capacity: 30, intervalUs: 33_334 } as const;
  const global = {
    name: "global",
    key: "global",
    params,
    cost: 1,
    mode: "wait",
    ceiling: 2_000_000,
  } as const;
  const [stats] = await store.stats({ bot: "4242", rules: [global] });
  return stats!.rate;
}

/** Rates that find the real quota. */
export function adaptiveLaws(): void {
  describe("a far side that lets half of it through", () => {
    test("is found: nothing is lost against its rate, at less than half of the 429s", async () => {
      const [adaptive, stubborn] = [await halved(), await halved({ adaptive: false })];
      expect(rate(adaptive, 20, 120)).toBeGreaterThan(14);
      expect(await foundRate(adaptive)).toBeGreaterThan(0.35);
      expect(await foundRate(adaptive)).toBeLessThan(0.65);
      expect(floodsOf(adaptive)).toBeLessThan(floodsOf(stubborn) / 2);
      expect(floodsOf(adaptive)).toBeLessThan(0.05 * 2_000);
    });

    test("slows down turns that were handed out before, too: a backlog that asked at once does no worse", async () => {
      const backlog = await halved(undefined, 500);
      expect(rate(backlog, 20, 120)).toBeGreaterThan(14);
      expect(floodsOf(backlog)).toBeLessThan(0.05 * 2_000);
    });

    test("is shared: who joins later gets a quarter like everybody else, at once", async () => {
      const fleet = farSide(15);
      const processes = [1, 2, 3, 4].map(() => process(fleet, undefined));
      const late = async () => {
        await fleet.clock.sleep(60_000);
        await keepBusy(processes[3]!, 250);
      };
      await fleet.all([...processes.slice(0, 3).map((each) => keepBusy(each, 500)), late()]);
      const between = ({ at }: { at: number }) => at >= 70_000 && at < 110_000;
      const shares = processes.map(({ marks }) => marks.filter(between).length);
      const all = shares.reduce((sum, share) => sum + share, 0);
      for (const share of shares) expect(Math.abs(share / all - 0.25)).toBeLessThan(0.03);
    });

    test("is not looked for when that is switched off: the rate stays what the rule says", async () => {
      expect(await foundRate(await halved({ adaptive: false }))).toBe(1);
    });
  });

  describe("a far side that lets twice as much through", () => {
    test("is found under a ceiling of 2 within a minute and a half, without a single 429", async () => {
      const fleet = farSide(60);
      await fleet.all([1, 2, 3, 4].map(() => keepBusy(process(fleet, { adaptive: { ceiling: 2 } }), 1_500)));
      expect(rate(fleet, 75, 100)).toBeGreaterThan(0.97 * 60);
      expect(floodsOf(fleet)).toBe(0);
    });

    test("is left alone without a ceiling", async () => {
      const fleet = farSide(60);
      await fleet.all([1, 2, 3, 4].map(() => keepBusy(process(fleet, undefined), 300)));
      expect(rate(fleet, 5, 35)).toBeCloseTo(30, 0);
    });
  });
}
