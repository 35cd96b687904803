import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator, Fault as TelegramFault } from "@sendonce/emulator";
import { expect, onTestFinished, test } from "vitest";
import { type RedisProxy, startProxy } from "../kit/redis/proxy.js";
import { sharedRedis } from "../kit/redis/server.js";
import { telegram } from "../kit/telegram.js";
import { startWorker, type Worker } from "../kit/worker.js";
import { senderOn, until } from "../redis/sender.js";
import { type Evidence, receivedFrom } from "./kit/evidence.js";
import { expectHeld } from "./kit/expect-held.js";
import { type HistoryLine, readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";
import { keysLeft } from "./kit/redis-keys.js";
import { type Fault, type Seeded, seededTest, strikeUntil } from "./kit/seeded.js";

/** How long the network is bad, ms. CHAOS_MS=60000 for a longer look. */
const badMs = Number(process.env.CHAOS_MS ?? 8_000);
/** Longest time that a store which stopped answering may add to a call, ms. */
const patienceMs = 1_500;
/** Longest time from the return of a store to its use, ms. */
const recoveryMs = 5_000;
/** As `network-bot.ts` sets it. */
const maxWaitMs = 2_000;
const halfHourMs = 1_800_000;

/** All that a network may do to a connection, for a moment; then it is whole again. */
const networkFaults = (proxy: RedisProxy): readonly Fault[] => {
  const on = (random: Seeded) =>
    random.fraction() < 0.5 ? { on: "evalsha", times: random.between(1, 3) } : {};
  const awhile = async (random: Seeded, [least, most]: readonly [number, number]) => {
    await pause(random.between(least, most));
    proxy.heal();
  };
  const fault = (
    name: string,
    begin: (random: Seeded) => void,
    lasts: readonly [number, number] = [20, 700],
  ): Fault => ({
    name,
    strike: (random) => {
      begin(random);
      return awhile(random, lasts);
    },
  });
  return [
    fault("loses replies", (random) => proxy.loseReplies(on(random))),
    fault("loses a reply and resets", (random) => proxy.loseReplies({ ...on(random), reset: true })),
    fault("cuts a reply and resets", (random) => proxy.cutReplies(on(random))),
    fault("cuts a reply and is mute", (random) => proxy.cutReplies({ ...on(random), mute: true })),
    fault("loses requests", (random) => proxy.loseRequests(on(random))),
    fault("is half open", (random) => proxy.halfOpen({ ...on(random), lateMs: random.between(20, 900) })),
    fault("is a black hole", (random) => proxy.blackHole(on(random)), [20, 1_500]),
    fault("resets", (random) => proxy.reset(on(random))),
    fault("delays answers", (random) => proxy.delay(jitter(random)), [300, 1_200]),
    fault("delays requests", (random) => proxy.delay(jitter(random), "to-server"), [300, 1_200]),
  ];
};

function jitter(random: Seeded): () => number {
  const most = random.pick([30, 300, 800]);
  const own = random.branch();
  return () => own.between(0, most);
}

const telegramFaults: readonly TelegramFault[] = [
  { kind: "cut-after" },
  { kind: "cut-before" },
  { kind: "html", status: 502, commit: true },
  { kind: "html", status: 502 },
  { kind: "error", code: 500, description: "Internal Server Error: restart", commit: true },
  { kind: "error", code: 400, description: "Bad Request: chat not found" },
  { kind: "429", retryAfter: 1 },
  { kind: "slow", ms: 300, commit: "before" },
];

const faultsAt = (emulator: Emulator): readonly Fault[] =>
  telegramFaults.map((fault) => ({
    name: `Telegram: ${fault.kind}${"commit" in fault && fault.commit ? ", sent" : ""}`,
    strike: (random) => emulator.fault({ method: "sendMessage", times: random.between(1, 3), ...fault }),
  }));

/** How long each try took, as its caller saw it. */
function durations(lines: readonly HistoryLine[]): number[] {
  const begun = new Map<string, number[]>();
  return lines.flatMap(({ operation, process, event, at }) => {
    const name = `${process} ${operation}`;
    if (event !== "invoke") return [at - begun.get(name)!.shift()!];
    begun.set(name, [...(begun.get(name) ?? []), at]);
    return [];
  });
}

/**
 * Ends all walks, waits until everybody is back, then has each process try everything once more. Answers how long it
 * took them to be back, ms.
 */
async function comeToAnEnd(workers: readonly Worker[]): Promise<number> {
  const from = performance.now();
  const all = async (told: string, said: string) => {
    for (const worker of workers) worker.tell(told);
    await Promise.all(workers.map((worker) => worker.says(said)));
  };
  await all("stop", "stopped");
  await all("recover", "recovered");
  const backMs = performance.now() - from;
  // What was taken back for fear that it arrives late is taken back once more, a second and a time-out later.
  await pause(1_500);
  const tried = workers.flatMap(({ lines }) => lines.filter((line) => line.startsWith("tried ")));
  const most = Math.max(...tried.map((line) => Number(line.slice("tried ".length))));
  for (const worker of workers) worker.tell(`again ${most}`);
  await Promise.all(workers.map((worker) => worker.says("done")));
  return backMs;
}

test("a bad network between bots, Redis and Telegram: reject doubles nothing in the fleet, local nothing in its process; all is told", {
  timeout: badMs + 40_000,
}, async () => {
  const random = seededTest("network");
  const emulator = await telegram({ limits: false });
  const { server, botId, token, client } = await sharedRedis();
  const folders = { fleet: historyFolder(), alone: historyFolder() };
  const [fleetA, fleetB, alone] = await Promise.all([1, 2, 3].map(() => startProxy(server)));
  const start = (proxy: RedisProxy, name: string, HISTORY: string, MODE: string) =>
    startWorker("chaos/network-bot.ts", {
      ...{ REDIS_URL: proxy.url, BOT_TOKEN: token, API_ROOT: emulator.url },
      ...{ HISTORY, PROCESS: name, MODE, SEED: `${random.between(0, 1e9)}` },
      SHARE: MODE === "local" ? "alone" : "fleet",
    });
  const workers = [
    start(fleetA!, "fleet-a", folders.fleet, "reject"),
    start(fleetB!, "fleet-b", folders.fleet, "reject"),
    start(alone!, "alone", folders.alone, "local"),
  ];
  await Promise.all(workers.map((worker) => worker.says("ready")));
  const over = AbortSignal.timeout(badMs);
  const schedules = [fleetA!, fleetB!, alone!].map((proxy) => {
    return strikeUntil(over, random.branch(), networkFaults(proxy), [20, 400]);
  });
  const struck = await Promise.all([
    ...schedules,
    strikeUntil(over, random.branch(), faultsAt(emulator), [50, 200]),
  ]);
  emulator.clearFaults();
  const backMs = await comeToAnEnd(workers);
  const store = redisStore(server.url);
  onTestFinished(() => store.close());
  const received = receivedFrom(emulator);
  const evidenceOf = (share: "fleet" | "alone", promise: "everywhere" | "per process"): Evidence => ({
    histories: readHistories(folders[share]),
    received: received.filter(({ operation }) => operation.startsWith(`${share} `)),
    promise,
  });
  const fleet = evidenceOf("fleet", "everywhere");
  const single = evidenceOf("alone", "per process");
  const longest = [fleet, single].map(({ histories }) => Math.max(...durations(histories)));
  const keys = await keysLeft({ store, client: client(), bot: `${botId}` });
  const counts = [
    expectHeld({ ...fleet, keys, longestTtlMs: halfHourMs }, random),
    expectHeld(single, random),
  ];
  const atLast = lastEndings([fleet, single]);
  if (process.env.FIGURES) console.log({ struck, longest, backMs, counts, atLast });
  for (const ms of longest) expect(ms).toBeLessThan(maxWaitMs + patienceMs);
  expect(backMs).toBeLessThan(maxWaitMs + patienceMs + recoveryMs);
  expect(Object.keys(atLast).filter((ending) => !/^(ok|replayed|unknown)/.test(ending))).toEqual([]);
});

/** What each process was told at its last try of each operation. */
function lastEndings(evidence: readonly Evidence[]): Record<string, number> {
  const last = new Map<string, string>();
  for (const { histories } of evidence)
    for (const { process, operation, event, note } of histories)
      if (event !== "invoke")
        last.set(`${process} ${operation}`, event === "refused" ? `${event}: ${note}` : event);
  const counts: Record<string, number> = {};
  for (const ending of last.values()) counts[ending] = (counts[ending] ?? 0) + 1;
  return counts;
}

test("reject: an admit that arrives when its caller was refused long ago blocks its key for two seconds at most", async () => {
  const { server, botId } = await sharedRedis();
  const proxy = await startProxy(server);
  const sender = senderOn(proxy.url, botId, { whenStoreDown: "reject" });
  await sender.send("warm-up");
  const store = redisStore(server.url, { redis: {} });
  onTestFinished(() => store.close());
  // Later than the taking back over another connection, earlier than its own deadline.
  proxy.halfOpen({ on: "evalsha", times: 1, lateMs: 300 });
  const { status, key } = await sender.send("hello");
  expect(status).toBe("store_unavailable");
  const stateOf = async () => (await store.inspect(`${botId}`, key!))?.state;
  await until(stateOf, (state) => state === "sending");
  await until(stateOf, (state) => state === undefined, 2_000);
  expect((await sender.send("hello")).status).toBe("sent");
  expect(sender.received).toEqual(["warm-up", "hello"]);
});
