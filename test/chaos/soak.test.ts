import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { startProxy } from "../kit/redis/proxy.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { eventually, telegram, token } from "../kit/telegram.js";
import { Crew } from "./kit/crew.js";
import { receivedFrom } from "./kit/evidence.js";
import { expectHeld } from "./kit/expect-held.js";
import { readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";
import { type Fault, seededTest, strikeUntil } from "./kit/seeded.js";

/** `SOAK_MINUTES=5` for the figures in docs/reliability.md. */
const minutes = Number(process.env.SOAK_MINUTES ?? 0);
const soakMs = minutes > 0 ? 60_000 * minutes : 7_000;
const samples = 16;
/** What may be added from the second quarter to the last, above what the second quarter showed. */
const margin = {
  heap: 4_000_000,
  handles: 40,
  // Seconds of a busy machine tell little about latency.
  latencyMs: minutes > 0 ? 100 : 1_500,
  keys: 150,
};
/** Records and rules are gone so long after the last call: the TTL, the longest window and what a lost reply holds. */
const emptyWithinMs = 15_000;

interface Sample {
  readonly heap: number;
  readonly handles: number;
  readonly latencyMs: number;
  readonly keys: number;
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;

/** The median of each figure in one quarter of the run: a single slow moment does not count. */
function quarterOf(all: readonly Sample[], quarter: 1 | 2 | 3 | 4): Sample {
  const part = all.slice(((quarter - 1) * samples) / 4, (quarter * samples) / 4);
  const of = (name: keyof Sample) => Math.round(median(part.map((sample) => sample[name])));
  return { heap: of("heap"), handles: of("handles"), latencyMs: of("latencyMs"), keys: of("keys") };
}

test("under constant load with floods and resets nothing grows, and in the end nothing is left", {
  timeout: soakMs + 60_000,
}, async () => {
  const redis = await startRedis();
  const proxy = await startProxy(redis);
  const client = redis.client();
  const emulator = await telegram({
    limits: { group: { limit: 20, perMs: 2_000 }, chat: false, bot: false },
  });
  const folder = historyFolder();
  const random = seededTest("soak");
  const crew = new Crew("chaos/workers/busy-bot.ts", {
    REDIS_URL: proxy.url,
    BOT_TOKEN: token,
    API_ROOT: emulator.url,
    HISTORIES: folder,
    SEED: `${random.seed}`,
  });
  await crew.man(2);
  const faults: Fault[] = [
    { name: "flood", strike: () => emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1 }) },
    { name: "connection reset", strike: () => proxy.resetConnections() },
    { name: "answer lost", strike: () => emulator.fault({ method: "sendMessage", kind: "cut-after" }) },
  ];
  const end = new AbortController();
  const struck = strikeUntil(end.signal, random, faults, minutes > 0 ? [500, 4_000] : [200, 1_500]);
  crew.tell("go");
  const seen: Sample[][] = [[], []];
  for (let at = 1; at <= samples; at++) {
    await pause(soakMs / samples);
    crew.tell("sample");
    const keys = await client.dbsize();
    for (const [post, own] of seen.entries()) own.push({ ...(await sampleOf(crew, post, at)), keys });
  }
  end.abort();
  const counted = await struck;
  crew.tell("stop");
  await crew.say("idle");
  await crew.say("closed");
  const from = performance.now();
  // Nothing holds the processes any more.
  expect(await Promise.all([0, 1].map((post) => crew.at(post).end()))).toEqual([0, 0]);
  expect(performance.now() - from).toBeLessThan(5_000);
  while ((await client.dbsize()) > 0 && performance.now() - from < emptyWithinMs) await pause(100);
  const emptyAfterMs = Math.round(performance.now() - from);
  expect(await valuesIn(client)).toEqual([]);

  const counts = expectHeld(
    {
      histories: readHistories(folder),
      received: receivedFrom(emulator).filter(({ operation }) =>
        /^bot-\d\.1 \d+( burst \d)?$/.test(operation),
      ),
    },
    random,
  );
  const figures = seen.map((own) => ({ second: quarterOf(own, 2), last: quarterOf(own, 4) }));
  const calls = seen.map((own) => (own.at(-1) as unknown as { calls: number }).calls);
  console.info(
    JSON.stringify({ seed: random.seed, soakMs, calls, ...counted, emptyAfterMs, figures, counts }),
  );
  for (const { second, last } of figures) {
    for (const name of ["heap", "handles", "latencyMs", "keys"] as const)
      expect(last[name], name).toBeLessThanOrEqual(second[name] + margin[name]);
  }
});

async function valuesIn(client: ReturnType<RedisServer["client"]>): Promise<string[]> {
  const keys = await client.keys("*");
  return Promise.all(keys.map(async (key) => `${key} ${await client.get(key)} ${await client.pttl(key)} ms`));
}

async function sampleOf(crew: Crew, post: number, at: number): Promise<Omit<Sample, "keys">> {
  const own = () => crew.at(post).lines.filter((line) => line.startsWith("sample "));
  await eventually(() => own().length >= at, "it says what it holds");
  return JSON.parse(own()[at - 1]!.slice("sample ".length)) as Omit<Sample, "keys">;
}
