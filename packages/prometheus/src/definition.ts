import { type Measure, type MeasureName, measures } from "@sendonce/core";

/** The measures of one kind, in the order of the table. */
export const namesOf = (kind: Measure["kind"]): MeasureName[] =>
  (Object.keys(measures) as MeasureName[]).filter((name) => measures[name].kind === kind);

/** What prom-client wants to know of a metric. */
export function definitionOf(name: MeasureName, prefix: string) {
  const { prometheus, help, labels }: Measure = measures[name];
  return { name: `${prefix}${prometheus}`, help, labelNames: [...labels] };
}
