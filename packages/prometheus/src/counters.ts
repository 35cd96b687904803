import { type Add, type Labels, type MeasureName, measureNames } from "@sendonce/core";
import { Counter, type Registry } from "prom-client";
import { definitionOf } from "./definition.js";

interface Series {
  readonly labels: Labels;
  readonly add: Add;
  /** Since the last scrape. */
  pending: number;
}

/**
 * Counters that cost an addition: prom-client puts a key together from the labels at each `inc`, which is dearer
 * than all else that a send is measured by. So it is told at the scrape what has come together since the last.
 */
export class CounterBoard {
  readonly #metrics = new Map<MeasureName, Counter>();
  readonly #series = new Map<MeasureName, Map<string, Series>>();
  readonly #registry: Registry;

  constructor(registry: Registry, prefix: string) {
    this.#registry = registry;
    for (const name of measureNames("counter")) {
      const series = new Map<string, Series>();
      const collect = function (this: Counter) {
        for (const one of series.values()) {
          this.inc(one.labels, one.pending);
          one.pending = 0;
        }
      };
      this.#series.set(name, series);
      this.#metrics.set(name, new Counter({ ...definitionOf(name, prefix), registers: [registry], collect }));
    }
  }

  /** False once the registry was cleared. */
  get isRegistered(): boolean {
    const [first] = this.#metrics.values();
    return first !== undefined && this.#registry.getMetricsAsArray().includes(first as never);
  }

  /** One series; it is shown from now on, as 0 at first. */
  readonly series = (name: MeasureName, labels: Labels): Add => {
    const all = this.#series.get(name)!;
    const key = Object.values(labels).join("\n");
    const known = all.get(key);
    if (known) return known.add;
    const made: Series = {
      labels,
      pending: 0,
      add: (by) => {
        made.pending += by;
      },
    };
    all.set(key, made);
    return made.add;
  };
}
