import { createGuard } from "@sendonce/core";
import { observe } from "@sendonce/prometheus";
import { Histogram, Registry } from "prom-client";

/** Series by name as Prometheus stores them (`_bucket` and the like), with what they may be asked by. */
export type ExportedSeries = ReadonlyMap<string, ReadonlySet<string>>;

/** What Prometheus adds to every series. */
const added = ["job", "instance"];

/** The names of all metrics that the package exports: read from a registry with an observed guard. */
export function exportedMetrics(): readonly string[] {
  return registered().map(({ name }) => name);
}

/** All series that a scrape of the package may bring. */
export function exportedSeries(): ExportedSeries {
  return new Map(
    registered().flatMap(({ name, labelNames, histogram }) => {
      const labels = new Set([...labelNames, ...added]);
      if (!histogram) return [[name, labels] as const];
      const bucket = [`${name}_bucket`, new Set([...labels, "le"])] as const;
      return [bucket, [`${name}_sum`, labels] as const, [`${name}_count`, labels] as const];
    }),
  );
}

interface Registered {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly histogram: boolean;
}

function registered(): Registered[] {
  const registry = new Registry();
  observe(createGuard(), { registry });
  return registry.getMetricsAsArray().map((metric) => {
    // the client's types keep quiet about what every metric has
    const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
    return { name, labelNames, histogram: metric instanceof Histogram };
  });
}
