/**
 * What a guard costs: fingerprint of a payload, and a guarded send through a real grammY transformer with a
 * stub in place of the HTTP request. In memory; numbers vary with the machine, so compare the rows of one run.
 *
 *     pnpm bench
 */
import { cpus } from "node:os";
import { createGuard, reliability, tokenBucket } from "@sendonce/grammy";
import type { ApiCallFn } from "grammy";
import { fingerprint } from "../packages/core/src/fingerprint/index.js";

const rounds = 5;
const unlimited = tokenBucket({ capacity: 1_000_000, refillPerSecond: 1_000_000 });
const limits = { chat: unlimited, group: false, global: unlimited, bulk: false } as const;
const text = "x".repeat(240);
const stub: ApiCallFn = (async () => ({
  ok: true,
  result: { message_id: 1, date: 1, chat: { id: 1, type: "private" }, text },
})) as never;

interface Contestant {
  readonly name: string;
  readonly count: number;
  /** Seconds for `count` operations. */
  run(): Promise<number>;
}

const contestants: Contestant[] = [
  { name: "fingerprint of a 300-byte payload", count: 200_000, run: () => time(200_000, printed) },
  { name: "transformer that does nothing", count: 50_000, run: () => inFlight(50_000, 64, stubbed) },
  { name: "guarded send, 64 in flight", count: 50_000, run: () => inFlight(50_000, 64, guarded()) },
  {
    name: "guarded send without deduplication",
    count: 50_000,
    run: () => inFlight(50_000, 64, guarded(false)),
  },
];

async function time(count: number, step: (i: number) => unknown): Promise<number> {
  const from = performance.now();
  for (let i = 0; i < count; i++) step(i);
  return (performance.now() - from) / 1000;
}

async function inFlight(
  count: number,
  width: number,
  step: (i: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const from = performance.now();
  const worker = async () => {
    while (next < count) await step(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return (performance.now() - from) / 1000;
}

function printed(i: number): unknown {
  return fingerprint({ bot: "1", method: "sendMessage", payload: { chat_id: i, text, parse_mode: "HTML" } });
}

const stubbed = (i: number) => stub("sendMessage", { chat_id: i, text });

function guarded(deduplicates = true): (i: number) => Promise<unknown> {
  const guard = createGuard({ namespace: "bench", limits, ...(deduplicates ? {} : { idempotency: false }) });
  const transformer = reliability(guard);
  return (i) => transformer(stub, "sendMessage", { chat_id: 1 + (i % 10_000), text: `${text}${i}` });
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const seconds = new Map(contestants.map(({ name }) => [name, [] as number[]]));
for (let round = 0; round < rounds; round++) {
  for (const { name, run } of contestants) seconds.get(name)!.push(await run());
}
console.log(
  `${cpus()[0]?.model ?? "cpu"} × ${cpus().length}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`,
);
console.table(
  Object.fromEntries(
    contestants.map(({ name, count }) => {
      const each = median(seconds.get(name)!) / count;
      return [name, { "µs each": Number((each * 1e6).toFixed(2)), "per second": Math.round(1 / each) }];
    }),
  ),
);
