import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.js";
import { type BottleneckOptions, ruleFromBottleneck } from "./from-bottleneck.js";
import { tokenBucket, window } from "./rules.js";

/** The rule, and what was told about options that have no counterpart. */
function read(options: BottleneckOptions) {
  const told: [string, string][] = [];
  const rule = ruleFromBottleneck("out", options, (name, why) => told.push([name, why]));
  return { rule, told };
}

const refreshed = { reservoirRefreshAmount: 20, reservoirRefreshInterval: 60_000 };
const increased = { reservoirIncreaseAmount: 10, reservoirIncreaseInterval: 1_000 };

describe("an option without a counterpart", () => {
  it.each<[RegExp, ...string[]]>([
    [/await a send/, "maxConcurrent"],
    [/maxWaitMs/, "highWater", "strategy", "penalty", "rejectOnDrop"],
    [/REDIS_URL/, "datastore", "clientOptions", "clusterNodes", "clearDatastore", "connection", "Redis"],
    [/no counterpart/, "id", "trackDoneStatus"],
  ])("is told with the remedy %s: %s %s %s %s %s %s", (remedy, ...names) => {
    for (const name of names)
      expect(read({ [name]: 3 }).told).toEqual([[name, expect.stringMatching(remedy)]]);
  });

  it("is told neither where it was left out nor where it is understood", () => {
    const left = { highWater: null, strategy: undefined };
    expect(read({ ...left, reservoir: 20, ...refreshed }).told).toEqual([]);
    expect(read({ ...increased, reservoirIncreaseMaximum: 20, minTime: 0 }).told).toEqual([]);
  });
});

describe("the tighter of two rules stands alone, and the other is told", () => {
  const minTime = [["minTime", expect.stringMatching(/reservoir is the tighter/)]];

  it.each<[string, BottleneckOptions, object, unknown[]]>([
    [
      "a window below its gap",
      { ...refreshed, minTime: 2_999 },
      window({ limit: 20, perMs: 60_000 }),
      minTime,
    ],
    ["a gap that implies the window", { ...refreshed, minTime: 3_000 }, spaced(3_000), []],
    ["a bucket below its gap", { ...increased, minTime: 99 }, bucketOf(10, 10), minTime],
    ["a gap that implies the bucket", { ...increased, minTime: 100 }, spaced(100), []],
    ["a gap alone", { minTime: 50 }, spaced(50), []],
  ])("%s", (_, options, rule, told) => {
    expect(read(options)).toEqual({ rule, told });
  });

  it("what is refilled before what is increased, and before what the first interval would get", () => {
    const { rule, told } = read({ ...refreshed, ...increased, reservoir: 5 });
    expect(rule).toEqual(window({ limit: 20, perMs: 60_000 }));
    expect(told).toEqual([
      ["reservoirIncreaseAmount", expect.stringMatching(/refilled stands alone/)],
      ["reservoir", expect.stringMatching(/first interval/)],
    ]);
  });
});

describe("numbers", () => {
  const partners: BottleneckOptions = { ...refreshed, ...increased };

  it.each<[string, "whole number" | "number of ms", number, number]>([
    ["minTime", "number of ms", 0, 31_622_400_000],
    ["maxConcurrent", "whole number", 1, 1_000_000],
    ["reservoir", "whole number", 0, 1_000_000],
    ["reservoirRefreshAmount", "whole number", 1, 1_000_000],
    ["reservoirRefreshInterval", "number of ms", 1, 31_622_400_000],
    ["reservoirIncreaseAmount", "whole number", 1, 1_000_000],
    ["reservoirIncreaseInterval", "number of ms", 1, 31_622_400_000],
    ["reservoirIncreaseMaximum", "whole number", 1, 1_000_000],
  ])("of %s are a %s from %i to %i", (name, kind, least, most) => {
    const given = (value: unknown) => () => read({ ...partners, [name]: value });
    expect(given(least)).not.toThrow();
    expect(given(most)).not.toThrow();
    for (const wrong of [least - 1, most + 1, Number.NaN, String(least)]) {
      expect(given(wrong)).toThrow(ConfigurationError);
      expect(given(wrong)).toThrow(
        `limitsFromThrottler: \`out.${name}\` must be a ${kind}, ${least} or more; got `,
      );
    }
    if (kind === "whole number") expect(given(least + 0.5)).toThrow(ConfigurationError);
    else expect(given(least + 0.5)).not.toThrow();
  });

  it.each([7, null, "fast"])("instead of options are refused: %j", (options) => {
    expect(() => read(options as unknown as BottleneckOptions)).toThrow(
      /^limitsFromThrottler: `out` must be an object of Bottleneck options; got /,
    );
  });
});

function spaced(gapMs: number) {
  return tokenBucket({ capacity: 1, refillPerSecond: 1_000 / gapMs });
}

function bucketOf(capacity: number, refillPerSecond: number) {
  return tokenBucket({ capacity, refillPerSecond });
}
