import { type MeasureName, measureNames, measures, type Reading } from "@sendonce/core";
import { Gauge, type Registry } from "prom-client";
import { definitionOf } from "./definition.js";

/** What each guard shows. */
type Read = () => Promise<readonly (readonly Reading[])[]>;

/** Gauges that are read when somebody looks, all by one reading: a registry asks all its metrics at once. */
export function registerGauges(registry: Registry, prefix: string, read: Read): void {
  let reading: Promise<readonly Reading[]> | undefined;
  const readOnce = () => {
    reading ??= read()
      .then(addedUp)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  for (const name of measureNames("gauge")) {
    const collect = async function (this: Gauge) {
      const readings = await readOnce();
      show(this, name, readings);
    };
    new Gauge({ ...definitionOf(name, prefix), registers: [registry], collect });
  }
}

/** What was shown before and is not told now is not known now. */
function show(gauge: Gauge, name: MeasureName, readings: readonly Reading[]): void {
  gauge.reset();
  // One without labels stands at 0 after a reset, which nobody has told.
  if (measures[name].labels.length === 0) gauge.remove();
  for (const reading of readings) if (reading.name === name) gauge.set(reading.labels, reading.value);
}

/** Several guards: the store is up where it is for all of them; the rest is added up, or is the same bot's. */
function addedUp(guards: readonly (readonly Reading[])[]): readonly Reading[] {
  const sums = new Map<string, Reading>();
  for (const reading of guards.flat()) {
    const key = [reading.name, ...Object.values(reading.labels)].join("\n");
    const before = sums.get(key);
    sums.set(key, before ? { ...reading, value: joined(reading, before) } : reading);
  }
  return [...sums.values()];
}

const added: ReadonlySet<MeasureName> = new Set(["storeMode", "owed", "callsOpen", "callsWaiting"]);

/** Guards of one bot read the same rules, each in its store: the worse is shown. */
function joined({ name, value }: Reading, before: Reading): number {
  if (added.has(name)) return before.value + value;
  return name === "tokensInUse" ? Math.max(before.value, value) : Math.min(before.value, value);
}
