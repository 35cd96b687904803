import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { CountedHistogram } from "./counted-histogram.js";

const definition = { name: "trips", help: "Round trips", labelNames: ["verb"], buckets: [0.001, 0.01, 0.1] };

const text = async (registry: Registry) => (await registry.metrics()).split("\n").sort();

test("it shows what prom-client's own histogram shows", async () => {
  const observations = fc.array(
    fc.record({
      verb: fc.constantFrom("admit", "settle", 'odd "verb"'),
      // Sums are of the same numbers in the same order, so they are equal to the last digit.
      seconds: fc.oneof(
        fc.constantFrom(0, 0.001, 0.01, 0.1, 0.2),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(observations, async (all) => {
      const [own, theirs] = [new Registry(), new Registry()];
      const counted = new CountedHistogram({ ...definition, registers: [own] });
      const plain = new Histogram({ ...definition, registers: [theirs] });
      for (const { verb, seconds } of all) {
        counted.series({ verb })(seconds);
        plain.observe({ verb }, seconds);
      }
      expect(await text(own)).toEqual(await text(theirs));
      counted.reset();
      plain.reset();
      expect(await text(own)).toEqual(await text(theirs));
    }),
  );
});

test("the same labels are one series, whoever asks for it", async () => {
  const registry = new Registry();
  const counted = new CountedHistogram({ ...definition, registers: [registry] });
  for (let i = 0; i < 3; i++) counted.series({ verb: "admit" })(0.5);
  expect((await counted.get()).values.find(({ metricName }) => metricName === "trips_count")).toMatchObject({
    labels: { verb: "admit" },
    value: 3,
  });
});
