import type { Add, Labels, MeasureName } from "@sendonce/core";
import { Histogram, type Registry } from "prom-client";
import { definitionOf, namesOf } from "./definition.js";

/** Upper bounds in seconds. */
export interface Buckets {
  readonly wait?: readonly number[];
  readonly store?: readonly number[];
}

const defaultBuckets = {
  wait: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  store: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
} as const;

/** The histograms of one registry. */
export class HistogramBoard {
  readonly #metrics: ReadonlyMap<MeasureName, Histogram>;

  constructor(registry: Registry, prefix: string, given: Buckets) {
    const wait = given.wait ?? defaultBuckets.wait;
    const store = given.store ?? defaultBuckets.store;
    this.#metrics = new Map(
      namesOf("histogram").map((name) => [
        name,
        new Histogram({
          ...definitionOf(name, prefix),
          buckets: [...(name === "wait" ? wait : store)],
          registers: [registry],
        }),
      ]),
    );
  }

  /** One series. */
  readonly series = (name: MeasureName, labels: Labels): Add => {
    const metric = this.#metrics.get(name)!;
    return (seconds) => metric.observe(labels, seconds);
  };
}
