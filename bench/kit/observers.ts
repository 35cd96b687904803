/**
 * What it costs to be observed: a guarded send with a stub in place of the HTTP request, in memory and over a Redis
 * on this machine; watched by nobody, by a log at info, by Prometheus, by OpenTelemetry's API without an SDK, and by
 * all three. The contestants take turns in short laps, so that all see the same weather, and the best lap of a round
 * counts, which others on the machine disturbed least; each is compared with the unwatched one of the same round (and
 * the best lap of all with its best), by the time that
 * passed and by this process's own time on the processor: `observers.ts <redis url>`; says one JSON line per row.
 */
import { createGuard, type Guard, type GuardOptions, memoryStore, tokenBucket } from "@sendonce/core";
import { observe as observeByTelemetry } from "@sendonce/core/opentelemetry";
import { redisStore } from "@sendonce/core/redis";
import { observe as observeByPrometheus } from "@sendonce/prometheus";
import pino from "pino";
import { Registry } from "prom-client";

const unlimited = tokenBucket({ capacity: 1_000_000, refillPerSecond: 1_000_000 });
const limits = { chat: unlimited, group: false, global: unlimited, bulk: false } as const;
const text = "x".repeat(240);
const reply = {
  type: "response",
  body: { ok: true, result: { message_id: 1, date: 1, chat: { id: 1, type: "private" }, text } },
} as const;
const send = async () => reply;

/** Who watches. `options` are the guard's, `watch` begins. */
interface Watcher {
  readonly name: string;
  readonly options?: GuardOptions;
  watch?(guard: Guard): void;
}

/** pino writes where nobody reads: what is measured is the library and pino's own work. */
const log: GuardOptions = { logger: pino({ level: "info" }, { write() {} }) };
const toPrometheus = (guard: Guard) => void observeByPrometheus(guard, { registry: new Registry() });
const toTelemetry = (guard: Guard) => void observeByTelemetry(guard);

const watchers: readonly Watcher[] = [
  { name: "nobody" },
  { name: "a log at info", options: log },
  { name: "Prometheus", watch: toPrometheus },
  { name: "OpenTelemetry's API", watch: toTelemetry },
  {
    name: "all three",
    options: log,
    watch(guard) {
      toPrometheus(guard);
      toTelemetry(guard);
    },
  },
  // as if it were another: what lies between the two is noise
  { name: "nobody, once more" },
];

/** Where records are, and how many sends make a lap, laps a round. */
interface Place {
  readonly name: string;
  readonly options: () => GuardOptions;
  readonly lap: number;
  readonly laps: number;
}

const rounds = 7;
const inFlight = 16;

/** Microseconds of one send: that passed, and of this process's processor. */
interface Cost {
  readonly passed: number;
  readonly processor: number;
}

type Runner = { readonly guard: Guard; readonly name: string; sent: number };

/** What a send cost each contestant, round by round. */
async function race(place: Place): Promise<ReadonlyMap<string, readonly Cost[]>> {
  const runners: Runner[] = watchers.map(({ name, options, watch }) => {
    const guard = createGuard({ namespace: "bench", limits, ...place.options(), ...options });
    watch?.(guard);
    return { name, guard, sent: 0 };
  });
  const costs = new Map(watchers.map(({ name }) => [name, [] as Cost[]]));
  await round(runners, place); // for the compiler
  for (let n = 0; n < rounds; n++)
    for (const [name, cost] of await round(runners, place)) costs.get(name)!.push(cost);
  for (const { guard } of runners) await guard.close();
  return costs;
}

async function round(runners: readonly Runner[], { lap, laps }: Place): Promise<Map<string, Cost>> {
  const times = new Map(runners.map(({ name }) => [name, [] as Cost[]]));
  for (let n = 0; n < laps; n++)
    for (const runner of turned(runners, n)) times.get(runner.name)!.push(await run(runner, lap));
  return new Map([...times].map(([name, laps]) => [name, bestOf(laps)]));
}

/** Nobody is always first, or always behind the same one. */
const turned = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
];

/** So many sends, some at a time. */
async function run(runner: Runner, count: number): Promise<Cost> {
  const last = runner.sent + count;
  const lane = async () => {
    while (runner.sent < last) {
      const i = runner.sent++;
      const payload = { chat_id: 1 + (i % 10_000), text: `${text}${runner.name}${i}` };
      const { status } = await runner.guard.run({ bot: "1", method: "sendMessage", payload }, send);
      if (status !== "sent") throw new Error(`a send was ${status}`);
    }
  };
  const from = performance.now();
  const usage = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, lane));
  const { user, system } = process.cpuUsage(usage);
  return { passed: ((performance.now() - from) * 1_000) / count, processor: (user + system) / count };
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)]!;
const bestOf = (costs: readonly Cost[]): Cost => ({
  passed: Math.min(...costs.map(({ passed }) => passed)),
  processor: Math.min(...costs.map(({ processor }) => processor)),
});
const medianCost = (costs: readonly Cost[]): Cost => ({
  passed: median(costs.map(({ passed }) => passed)),
  processor: median(costs.map(({ processor }) => processor)),
});

const percent = (ratio: number): string => `${ratio < 1 ? "" : "+"}${((ratio - 1) * 100).toFixed(1)} %`;

/** The median of the rounds' ratios, and the least and the greatest. */
function compared(costs: readonly number[], plain: readonly number[]): string {
  const ratios = sorted(costs.map((cost, i) => cost / plain[i]!));
  return `${percent(median(ratios))} (${percent(ratios[0]!)} to ${percent(ratios.at(-1)!)})`;
}

function rowsOf(place: Place, costs: ReadonlyMap<string, readonly Cost[]>): object[] {
  const column = (name: string, what: keyof Cost) => costs.get(name)!.map((cost) => cost[what]);
  return [...costs].map(([name, all]) => {
    const { passed, processor } = medianCost(all);
    return {
      place: place.name,
      "watched by": name,
      "µs each": Number(passed.toFixed(1)),
      "against nobody": compared(column(name, "passed"), column("nobody", "passed")),
      "µs of processor": Number(processor.toFixed(1)),
      "against nobody ": compared(column(name, "processor"), column("nobody", "processor")),
      "best of all": percent(
        Math.min(...column(name, "processor")) / Math.min(...column("nobody", "processor")),
      ),
    };
  });
}

const url = process.argv[2]!;
const places: readonly Place[] = [
  { name: "Redis", options: () => ({ store: redisStore(url) }), lap: 64, laps: 20 },
  { name: "memory", options: () => ({ store: memoryStore() }), lap: 100, laps: 30 },
];
for (const place of places)
  for (const row of rowsOf(place, await race(place))) console.log(JSON.stringify(row));
process.exit(0);
