import {
  type Add,
  type Labels,
  type Measure,
  type MeasureName,
  measureNames,
  measures,
} from "@sendonce/core";
import { Histogram, type Registry } from "prom-client";
import { definitionOf } from "./definition.js";

/** Upper bounds in seconds. */
export interface Buckets {
  readonly wait?: readonly number[];
  readonly store?: readonly number[];
}

/** The histograms of one registry. */
export class HistogramBoard {
  readonly #metrics: ReadonlyMap<MeasureName, Histogram>;

  constructor(registry: Registry, prefix: string, given: Buckets) {
    this.#metrics = new Map(
      measureNames("histogram").map((name) => [
        name,
        new Histogram({
          ...definitionOf(name, prefix),
          buckets: [...((name === "wait" ? given.wait : given.store) ?? bucketsOf(name))],
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

const bucketsOf = (name: MeasureName): readonly number[] => (measures[name] as Measure).buckets ?? [];
