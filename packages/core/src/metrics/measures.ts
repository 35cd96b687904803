/** One thing that is measured, under the names of both worlds. */
export interface Measure {
  readonly kind: "counter" | "histogram" | "gauge";
  /** Without the prefix, `sendonce_` unless told otherwise. */
  readonly prometheus: string;
  readonly otel: string;
  /** UCUM, as OpenTelemetry wants it. */
  readonly unit: string;
  readonly labels: readonly string[];
  readonly help: string;
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
}

const counter = (
  prometheus: string,
  otel: string,
  labels: readonly string[],
  help: string,
  unit = "1",
): Measure => ({ kind: "counter", prometheus, otel, unit, labels, help });

const histogram = (
  prometheus: string,
  otel: string,
  labels: readonly string[],
  help: string,
  buckets: readonly number[],
): Measure => ({ kind: "histogram", prometheus, otel, unit: "s", labels, help, buckets });

const gauge = (prometheus: string, otel: string, labels: readonly string[], help: string): Measure => ({
  kind: "gauge",
  prometheus,
  otel,
  unit: "1",
  labels,
  help,
});

/** Everything that is measured, once. Exporters translate; docs/observability.md is checked against it. */
export const measures = Object.freeze({
  sent: counter(
    "sent_total",
    "sendonce.sent",
    ["bot", "method"],
    "Calls that Telegram answered with a result",
  ),
  checks: counter(
    "idempotency_checks_total",
    "sendonce.idempotency.checks",
    ["bot", "scope", "result"],
    "Calls with a key that was found in use (hit) or free (miss)",
  ),
  duplicates: counter(
    "duplicates_prevented_total",
    "sendonce.duplicates.prevented",
    ["bot", "scope", "method"],
    "Calls that were not sent because they had been sent before",
  ),
  stars: counter(
    "duplicate_stars_prevented_total",
    "sendonce.duplicates.prevented.stars",
    ["bot"],
    "Stars that those calls would have cost: 0.1 for each paid broadcast, or the call's own star_count",
  ),
  refusals: counter("refusals_total", "sendonce.refusals", ["bot", "code"], "Calls that the guard refused"),
  updatesDropped: counter(
    "updates_dropped_total",
    "sendonce.updates.dropped",
    ["bot"],
    "Updates that were delivered again and had been handled",
  ),
  updatesUnfinished: counter(
    "updates_unfinished_total",
    "sendonce.updates.unfinished",
    ["bot"],
    "Updates whose handler ended in a send of unknown outcome",
  ),
  unguarded: counter(
    "unguarded_total",
    "sendonce.unguarded",
    ["bot", "method"],
    "Calls that went out without deduplication, because their payload holds a stream",
  ),
  recordsDropped: counter(
    "records_dropped_total",
    "sendonce.records.dropped",
    [],
    "Records of sent messages that a full memory store forgot before their time",
  ),
  floods: counter("floods_total", "sendonce.floods", ["bot", "rule"], "Answers 429 that stopped a rule"),
  frozen: counter(
    "frozen_seconds_total",
    "sendonce.frozen.duration",
    ["bot", "rule"],
    "Seconds that rules stood still after them, as this process met it",
    "s",
  ),
  ambiguous: counter(
    "ambiguous_total",
    "sendonce.ambiguous",
    ["bot", "method"],
    "Calls of which nobody knows whether they were received",
  ),
  errors: counter(
    "errors_total",
    "sendonce.errors",
    ["bot", "class"],
    "Calls that Telegram rejected, that never reached it, of unknown outcome; and failed steps of the store",
  ),
  wait: histogram(
    "wait_seconds",
    "sendonce.wait.duration",
    ["bot", "rule"],
    "How long calls waited that had to wait, by what they waited for last",
    [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
  ),
  storeTrip: histogram(
    "store_round_trip_seconds",
    "sendonce.store.duration",
    ["verb"],
    "Round trips to the shared store, failed ones too",
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  ),
  tokensInUse: gauge(
    "rate_limit_tokens_in_use",
    "sendonce.rate_limit.in_use",
    ["bot", "rule"],
    "Tokens or places of the bot-wide rules that are in use, reserved turns too",
  ),
  capacity: gauge(
    "rate_limit_capacity",
    "sendonce.rate_limit.capacity",
    ["bot", "rule"],
    "Tokens or places of the bot-wide rules",
  ),
  rate: gauge(
    "rate_limit_rate_ratio",
    "sendonce.rate_limit.rate_ratio",
    ["bot", "rule"],
    "Rate in force of the bot-wide rules as a share of what they say: below 1 after floods",
  ),
  storeUp: gauge("store_up", "sendonce.store.up", [], "1 while the store answers and is in use"),
  storeMode: gauge(
    "store_mode",
    "sendonce.store.mode",
    ["mode"],
    "Guards that keep their records in this way",
  ),
  owed: gauge(
    "outcomes_owed",
    "sendonce.outcomes.owed",
    [],
    "Outcomes that the shared store has not been told yet",
  ),
  callsOpen: gauge("calls_open", "sendonce.calls.open", [], "Calls on their way through the guard"),
  callsWaiting: gauge("calls_waiting", "sendonce.calls.waiting", [], "Calls that wait for their turn"),
} as const satisfies Record<string, Measure>);

/** What {@link measures} names. */
export type MeasureName = keyof typeof measures;

/** The measures of one kind, in the order of the table. */
export const measureNames = (kind: Measure["kind"]): readonly MeasureName[] =>
  (Object.keys(measures) as MeasureName[]).filter((name) => measures[name].kind === kind);
