/**
 * What it costs to be observed: a guarded send with a stub in place of the HTTP request, in memory and over a Redis
 * on this machine; watched by nobody, by a log at info, by Prometheus, by OpenTelemetry's API without an SDK, and by
 * all three. The contestants take turns in short laps, so that all see the same weather; each is compared with the
 * unwatched one of the same round. Numbers vary with the machine: compare the rows of one run.
 *
 *     pnpm exec tsx bench/observe.ts            REDIS_URL=… for another Redis than one of its own
 */
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { createGuard, type Guard, type GuardOptions, memoryStore, tokenBucket } from "@sendonce/core";
import { observe as observeByTelemetry } from "@sendonce/core/opentelemetry";
import { redisStore } from "@sendonce/core/redis";
import { observe as observeByPrometheus } from "@sendonce/prometheus";
import pino from "pino";
import { Registry } from "prom-client";
import { RedisServer } from "../test/kit/redis/server.js";

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

/** Where records are, and how many sends make a round. */
interface Place {
  readonly name: string;
  readonly options: () => GuardOptions;
  readonly lap: number;
  readonly laps: number;
}

const rounds = 9;
const inFlight = 16;

/** Sends of one contestant: microseconds each, round by round. */
async function race(place: Place): Promise<Map<string, number[]>> {
  const runners = watchers.map(({ name, options, watch }) => {
    const guard = createGuard({ namespace: "bench", limits, ...place.options(), ...options });
    watch?.(guard);
    return { name, guard, sent: 0 };
  });
  const times = new Map(watchers.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    const micros = new Map(watchers.map(({ name }) => [name, 0]));
    for (let lap = 0; lap < place.laps; lap++) {
      for (const runner of turned(runners, lap)) {
        const took = await run(runner, place.lap);
        micros.set(runner.name, micros.get(runner.name)! + took);
      }
    }
    if (round < 0) continue; // for the compiler
    for (const [name, sum] of micros) times.get(name)!.push(sum / (place.lap * place.laps));
  }
  for (const { guard } of runners) await guard.close();
  return times;
}

/** Nobody is always first, or always behind the same one. */
const turned = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
];

/** Microseconds of so many sends, some at a time. */
async function run(runner: { guard: Guard; name: string; sent: number }, count: number): Promise<number> {
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
  await Promise.all(Array.from({ length: inFlight }, lane));
  return (performance.now() - from) * 1_000;
}

const sorted = (values: readonly number[]) => [...values].sort((a, b) => a - b);
const median = (values: readonly number[]): number => sorted(values)[Math.floor(values.length / 2)]!;
const percent = (ratio: number): string => `${ratio < 1 ? "" : "+"}${((ratio - 1) * 100).toFixed(1)} %`;

function print(place: Place, times: ReadonlyMap<string, readonly number[]>): void {
  const plain = times.get("nobody")!;
  console.log(`\n${place.name}, ${inFlight} in flight, ${rounds} rounds of ${place.lap * place.laps} sends`);
  const rows = [...times].map(([name, micros]) => {
    const ratios = sorted(micros.map((one, i) => one / plain[i]!));
    const spread = `${percent(ratios[0]!)} to ${percent(ratios.at(-1)!)}`;
    return [name, { "µs each": Number(median(micros).toFixed(2)), cost: percent(median(ratios)), spread }];
  });
  console.table(Object.fromEntries(rows));
}

/** Runs both races and prints them. */
export async function benchObserve(): Promise<void> {
  const server = process.env.REDIS_URL ? undefined : await RedisServer.launch();
  const url = process.env.REDIS_URL ?? server!.url;
  const overRedis = { name: "over Redis", options: () => ({ store: redisStore(url) }), lap: 250, laps: 12 };
  const inMemory = { name: "in memory", options: () => ({ store: memoryStore() }), lap: 2_000, laps: 12 };
  try {
    for (const place of [overRedis, inMemory]) print(place, await race(place));
  } finally {
    await server?.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(`${cpus()[0]?.model ?? "cpu"} × ${cpus().length}, Node ${process.version}`);
  console.log(new Date().toISOString().slice(0, 10));
  await benchObserve();
}
