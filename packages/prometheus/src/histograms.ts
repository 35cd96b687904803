import {
  type Add,
  type Labels,
  type Measure,
  type MeasureName,
  measureNames,
  measures,
} from "@sendonce/core";
import type { Registry } from "prom-client";
import { CountedHistogram } from "./counted-histogram.js";
import { definitionOf } from "./definition.js";

/** Upper bounds in seconds. */
export interface Buckets {
  readonly wait?: readonly number[];
  readonly store?: readonly number[];
}

/** The histograms of one registry. */
export class HistogramBoard {
  readonly #metrics: ReadonlyMap<MeasureName, CountedHistogram>;

  constructor(registry: Registry, prefix: string, given: Buckets) {
    this.#metrics = new Map(
      measureNames("histogram").map((name) => [
        name,
        new CountedHistogram({
          ...definitionOf(name, prefix),
          buckets: [...((name === "wait" ? given.wait : given.store) ?? bucketsOf(name))],
          registers: [registry],
        }),
      ]),
    );
  }

  /** One series. */
  readonly series = (name: MeasureName, labels: Labels): Add => this.#metrics.get(name)!.series(labels);
}

const bucketsOf = (name: MeasureName): readonly number[] => (measures[name] as Measure).buckets ?? [];
