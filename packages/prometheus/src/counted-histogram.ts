import type { Add, Labels } from "@sendonce/core";
import { Histogram, type HistogramConfiguration } from "prom-client";

/** Observations of one set of labels: how many fell into each bucket, the last one beyond all bounds. */
interface Series {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

/**
 * A histogram whose series are found once. prom-client finds one anew at each observation, by a text that it makes of the
 * labels; that costs more than all else that is counted of a send.
 */
export class CountedHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #labelNames: readonly string[];
  readonly #series = new Map<string, Series>();

  constructor(configuration: HistogramConfiguration<string> & { readonly buckets: number[] }) {
    super(configuration);
    this.#name = configuration.name;
    this.#help = configuration.help;
    this.#bounds = configuration.buckets;
    this.#labelNames = configuration.labelNames ?? [];
  }

  /** One series; observes seconds. */
  series(labels: Labels): Add {
    const series = this.#of(labels);
    return (seconds) => {
      let bucket = 0;
      while (bucket < this.#bounds.length && seconds > this.#bounds[bucket]!) bucket++;
      series.counts[bucket]!++;
      series.sum += seconds;
      series.count++;
    };
  }

  /** The one that is there, or a new one. */
  #of(labels: Labels): Series {
    const name = JSON.stringify(this.#labelNames.map((label) => labels[label]));
    const known = this.#series.get(name);
    if (known) return known;
    const made = { labels, counts: [...this.#bounds.map(() => 0), 0], sum: 0, count: 0 };
    this.#series.set(name, made);
    return made;
  }

  /** Where prom-client's registry and its own `get` read the values. */
  async getForPromString() {
    const observed = [...this.#series.values()].filter(({ count }) => count > 0);
    const values = observed.flatMap((each) => this.#valuesOf(each));
    return { name: this.#name, help: this.#help, type: "histogram", values, aggregator: "sum" };
  }

  override reset(): void {
    super.reset();
    // Its constructor resets, too.
    if (!(#series in this)) return;
    for (const series of this.#series.values()) {
      series.counts.fill(0);
      series.sum = 0;
      series.count = 0;
    }
  }

  #valuesOf({ labels: sharedLabels, counts, sum, count }: Series) {
    let sofar = 0;
    const buckets = counts.map((own, i) => {
      sofar += own;
      const le = this.#bounds[i] ?? "+Inf";
      return { metricName: `${this.#name}_bucket`, labels: { le }, sharedLabels, value: sofar };
    });
    const total = (what: string, value: number) => ({
      metricName: `${this.#name}_${what}`,
      labels: {},
      sharedLabels,
      value,
    });
    return [...buckets, total("sum", sum), total("count", count)];
  }
}
