import { describe, expect, it } from "vitest";
import type { RuleCharge, RuleParams } from "../store/port.js";
import { nominal, paced, rateOf, recoversAt, slowDown, speedUp } from "./adaptive.js";

const bucket: RuleParams = { kind: "bucket", capacity: 6, intervalUs: 1_001 };
const window: RuleParams = { kind: "window", limit: 10, periodUs: 1_000, marginUs: 7 };
const gate: RuleParams = { kind: "gate" };

const charge = (params: RuleParams, ceiling?: number): RuleCharge => ({
  name: "rule",
  key: "rule",
  params,
  cost: 1,
  mode: "wait",
  ...(ceiling !== undefined && { ceiling }),
});
const since = 5_000_000;
const slow = (rate: number) => ({ rate, since });

describe("the rate in force", () => {
  it.each<[string, number | undefined, number, number, number]>([
    ["what the rule says, to a charge that names no ceiling", undefined, 800_000, since, 1_000_000],
    ["what the rule says, under no ceiling, even where others went faster", 0, 1_200_000, since, 1_000_000],
    ["as the flood left it, until the thaw", 1_000_000, 800_000, since - 60_000_000, 800_000],
    ["as the flood left it, at the thaw", 1_000_000, 800_000, since, 800_000],
    ["whole parts per million, one each 600 µs", 1_000_000, 800_000, since + 1_199, 800_001],
    ["a tenth more after a minute", 1_000_000, 800_000, since + 60_000_000, 900_000],
    ["what the rule says, once it has recovered", 1_500_000, 800_000, since + 3_600_000_000, 1_000_000],
    ["what was found out, where a rule may exceed itself", 1_500_000, 1_200_000, since, 1_200_000],
    ["no more than the ceiling of who asks", 1_100_000, 1_200_000, since, 1_100_000],
  ])("is %s", (_, ceiling, rate, now, inForce) => {
    expect(rateOf(charge(bucket, ceiling), slow(rate), now)).toBe(inForce);
  });

  it.each<[string, RuleParams, number, RuleParams]>([
    ["a slow bucket refills more slowly, never early", bucket, 800_000, { ...bucket, intervalUs: 1_252 }],
    ["a quick bucket refills more quickly, never early", bucket, 1_200_000, { ...bucket, intervalUs: 835 }],
    ["a slow window has fewer places", window, 799_999, { ...window, limit: 7 }],
    ["a window never has none", { ...window, limit: 2 }, 100_000, { ...window, limit: 1 }],
    ["a gate has no rate", gate, 100_000, gate],
  ])("changes the rule: %s", (_, params, rate, inForce) => {
    const given = charge(params, 2_000_000);
    expect(paced(given, slow(rate), since)).toEqual({ ...given, params: inForce });
  });

  it("leaves a rule alone that nobody has told anything, and one that has recovered", () => {
    const given = charge(bucket, 1_000_000);
    expect(paced(given, { rate: nominal, since: 0 }, since)).toBe(given);
    expect(paced(given, slow(800_000), since + 3_600_000_000)).toBe(given);
  });
});

describe("a flood", () => {
  const flooded = (params: RuleParams, ceiling: number | undefined, rate: number) => {
    const pace = { rate, since: 0, sent: 0 };
    slowDown(charge(params, ceiling), pace, 0, since);
    return pace;
  };

  it.each([
    [1_000_000, 800_000],
    [800_000, 640_000],
    [999_999, 799_999],
    [1_200_000, 960_000],
    [110_000, 100_000],
    [100_000, 100_000],
  ])("takes a fifth of the rate, down to a tenth of what the rule says: %i → %i", (before, after) => {
    expect(flooded(window, 2_000_000, before)).toEqual({ rate: after, since, sent: 0 });
  });

  it("takes its fifth of the rate in force, not of one that is long forgotten", () => {
    const pace = { rate: 500_000, since: 0, sent: 0 };
    slowDown(charge(window, 1_000_000), pace, 3_600_000_000, since);
    expect(pace.rate).toBe(800_000);
  });

  it("leaves a bucket a sixth of its burst, at the new rate", () => {
    expect(flooded(bucket, 1_000_000, 1_000_000).sent).toBe(since + 5 * 1_252);
  });

  it("changes nothing for charges that do not adapt, and for gates", () => {
    for (const [params, ceiling] of [
      [bucket, undefined],
      [bucket, 0],
      [gate, 1_000_000],
    ] as const) {
      expect(flooded(params, ceiling, 1_000_000)).toEqual({ rate: 1_000_000, since: 0, sent: 0 });
    }
  });
});

describe("a message that waited", () => {
  const sped = (ceiling: number | undefined, rate: number, now = since) => {
    const pace = slow(rate);
    speedUp(charge(bucket, ceiling), pace, now);
    return pace.rate;
  };

  it.each<[string, number | undefined, number, number]>([
    ["finds a little more room", 1_500_000, 1_000_000, 1_000_500],
    ["never more than the ceiling", 1_000_700, 1_000_500, 1_000_700],
    ["none under a ceiling that is the rule", 1_000_000, 1_000_000, 1_000_000],
    ["none where the rate is not adaptive", undefined, 1_000_000, 1_000_000],
    ["none while the rule recovers from a flood", 1_500_000, 800_000, 800_000],
  ])("%s", (_, ceiling, before, after) => {
    expect(sped(ceiling, before)).toBe(after);
  });

  it("goes on from what the rule says, once a flood is forgotten", () => {
    expect(sped(1_500_000, 800_000, since + 3_600_000_000)).toBe(1_000_500);
  });
});

it("a rule that was slowed down tells when it is as before", () => {
  const at = recoversAt(slow(800_000));
  expect(at).toBe(since + 120_000_000);
  const given = charge(bucket, 1_000_000);
  expect([rateOf(given, slow(800_000), at - 1), rateOf(given, slow(800_000), at)]).toEqual([
    999_999, 1_000_000,
  ]);
  expect([recoversAt(slow(1_000_000)), recoversAt(slow(1_200_000))]).toEqual([0, 0]);
});
