import { type Meter, metrics, type Tracer, trace } from "@opentelemetry/api";
import type { Guard } from "../guard.js";
import { meterGuard } from "./metrics.js";
import { traceCalls } from "./traces.js";

/** Where spans and metrics go; `false` leaves them out. */
export interface ObserveOptions {
  /** @default the global provider's, whenever it is registered */
  readonly tracer?: Tracer | false;
  /** @default the global provider's, which must be registered before */
  readonly meter?: Meter | false;
  /** Ask the store at each collection how full the bot-wide rules are: one command per bot. @default true */
  readonly tokens?: boolean;
}

const scope = "@sendonce/core";

/**
 * Spans around what the guard is asked to send, and the metrics of `@sendonce/prometheus` under OpenTelemetry's
 * names. Where no SDK is registered it does nothing and costs next to nothing.
 *
 * @returns ends it
 * @example
 * import { createGuard } from "@sendonce/core";
 * import { observe } from "@sendonce/core/opentelemetry";
 *
 * const guard = createGuard();
 * const stop = observe(guard);
 */
export function observe(guard: Guard, options: ObserveOptions = {}): () => void {
  const { tracer = trace.getTracer(scope), meter = metrics.getMeter(scope), tokens = true } = options;
  const stops = [
    ...(tracer ? [traceCalls(guard, tracer)] : []),
    ...(meter ? [meterGuard(guard, meter, tokens)] : []),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
