import { type Measure, type MeasureName, measures } from "@sendonce/core";

/** What prom-client wants to know of a metric. */
export function definitionOf(name: MeasureName, prefix: string) {
  const { prometheus, help, labels }: Measure = measures[name];
  return { name: `${prefix}${prometheus}`, help, labelNames: [...labels] };
}
