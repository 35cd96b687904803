import type { Attributes, BatchObservableResult, Meter, ObservableGauge } from "@opentelemetry/api";
import type { Guard } from "../guard.js";
import { measure } from "../metrics/measure.js";
import { type Measure, type MeasureName, measureNames, measures } from "../metrics/measures.js";
import { readings } from "../metrics/readings.js";
import type { Labels, Recorder } from "../metrics/recorder.js";

/** Counts a guard by a meter. Answers what ends it. */
export function meterGuard(guard: Guard, meter: Meter, tokens: boolean): () => void {
  const measuring = measure(guard, recorderOn(meter));
  const gauges = gaugesOn(meter);
  const look = async (result: BatchObservableResult): Promise<void> => {
    for (const { name, labels, value } of await readings(guard, { bots: tokens ? measuring.bots : [] }))
      result.observe(gauges.get(name)!, value, attributesOf(labels));
  };
  meter.addBatchObservableCallback(look, [...gauges.values()]);
  return () => {
    measuring.stop();
    meter.removeBatchObservableCallback(look, [...gauges.values()]);
  };
}

function recorderOn(meter: Meter): Recorder {
  const counters = instruments("counter", (name, about) => meter.createCounter(name, about));
  const histograms = instruments("histogram", (name, about) => meter.createHistogram(name, about));
  return {
    counter(name, labels) {
      const attributes = attributesOf(labels);
      const counter = counters.get(name)!;
      return (by) => counter.add(by, attributes);
    },
    histogram(name, labels) {
      const attributes = attributesOf(labels);
      const histogram = histograms.get(name)!;
      return (seconds) => histogram.record(seconds, attributes);
    },
  };
}

const gaugesOn = (meter: Meter): ReadonlyMap<MeasureName, ObservableGauge> =>
  instruments("gauge", (name, about) => meter.createObservableGauge(name, about));

interface About {
  readonly description: string;
  readonly unit: string;
  readonly advice?: { explicitBucketBoundaries: number[] };
}

function instruments<T>(
  kind: Measure["kind"],
  make: (name: string, about: About) => T,
): ReadonlyMap<MeasureName, T> {
  return new Map(
    measureNames(kind).map((name) => {
      const { otel, help, unit, buckets }: Measure = measures[name];
      const advice = buckets && { advice: { explicitBucketBoundaries: [...buckets] } };
      return [name, make(otel, { description: help, unit, ...advice })];
    }),
  );
}

const attributesOf = (labels: Labels): Attributes =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [`sendonce.${name}`, value]));
