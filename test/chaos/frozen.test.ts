import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { eventually, telegram, token } from "../kit/telegram.js";
import { attempt } from "./kit/attempt.js";
import { Crew } from "./kit/crew.js";
import { receivedFrom } from "./kit/evidence.js";
import { expectHeld } from "./kit/expect-held.js";
import { type Ending, History, readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";
import { keysLeft } from "./kit/redis-keys.js";
import { seededTest, strikeUntil } from "./kit/seeded.js";
import { withLease } from "./workers/short-lease.js";

const leaseMs = 500;
const asleepMs = leaseMs + 400;

async function setUp() {
  const redis = await startRedis();
  const emulator = await telegram({ limits: false });
  const slow = { method: "sendMessage", kind: "slow", ms: 40, commit: "after" } as const;
  emulator.fault({ ...slow, times: Number.POSITIVE_INFINITY });
  const folder = historyFolder();
  const env = { REDIS_URL: redis.url, BOT_TOKEN: token, API_ROOT: emulator.url, HISTORIES: folder };
  return { redis, emulator, folder, env: { ...env, LEASE_MS: `${leaseMs}` } };
}

/** One that is awake, in this process. */
function awakeOn({ redis, emulator, folder }: Awaited<ReturnType<typeof setUp>>) {
  const store = redisStore(redis.url);
  const guard = createGuard({
    store: withLease(store, leaseMs),
    limits: false,
    idempotency: { onBusy: "reject" },
  });
  onTestFinished(() => store.close());
  const api = install(new Api(token, { apiRoot: emulator.url }), guard);
  const history = new History(folder, "awake");
  onTestFinished(() => history.close());
  const send = (operation: string, chat: number) =>
    attempt(history, operation, () => api.sendMessage(chat, operation));
  return { store, send };
}

/** Where it falls asleep, what the other is told meanwhile, and what the sleeper is told when it wakes. */
const points: [point: string, other: Ending, sleeper: Ending, requests: number][] = [
  ["before-admit", "ok", "replayed", 1],
  ["waiting", "ok", "replayed", 1],
  // Its lease is over when it reads that it may go: it asks again.
  ["admit-asked", "unknown", "ok", 1],
  ["before-request", "unknown", "ok", 1],
  ["request-open", "unknown", "ok", 1],
  ["before-settle", "unknown", "ok", 1],
  ["afterwards", "replayed", "ok", 1],
];

test("a process that is frozen for longer than its lease: others read AMBIGUOUS, nothing is doubled", async () => {
  const scene = await setUp();
  const { emulator, folder, env, redis } = scene;
  const crew = new Crew("chaos/workers/sleeper.ts", env);
  await crew.man(1);
  const awake = awakeOn(scene);
  const told: typeof points = [];
  for (const [i, [point]] of points.entries()) {
    const chat = point === "waiting" ? -1_000 : 1_000 + i;
    // Its window is full, so that the sleeper has to wait for its turn.
    if (point === "waiting") await crewSends(crew, "nowhere", "first-of-the-group", chat);
    crew.at(0).tell(`${point} ${point} ${chat}`);
    const asleep = told.length + 1;
    await eventually(
      () => crew.at(0).lines.filter((line) => line === "asleep").length === asleep,
      `asleep ${point}`,
    );
    await pause(asleepMs);
    const other = (await awake.send(point, chat)).ending;
    crew.thaw(0);
    const line = await saidBy(crew, point);
    const requests = emulator.ledger.received().filter(({ text }) => text === point).length;
    told.push([point, other, line.split(" ")[2] as Ending, requests]);
  }
  expect(told).toEqual(points);
  // Whoever was told that nobody knows learns it from the sleeper's late word.
  for (const [i, [point]] of points.entries()) {
    const chat = point === "waiting" ? -1_000 : 1_000 + i;
    expect((await awake.send(point, chat)).ending, point).toBe("replayed");
  }
  const keys = await keysLeft({ store: awake.store, client: redis.client(), bot: "4242" });
  const evidence = { histories: readHistories(folder), received: receivedFrom(emulator), keys };
  expectHeld({ ...evidence, longestTtlMs: 1_800_000 });
});

async function saidBy(crew: Crew, operation: string): Promise<string> {
  const isIt = (line: string) => line.startsWith(`told ${operation} `);
  await eventually(() => crew.at(0).lines.some(isIt), `${operation} is over`);
  return crew.at(0).lines.find(isIt)!;
}

async function crewSends(crew: Crew, point: string, operation: string, chat: number): Promise<void> {
  crew.at(0).tell(`${point} ${operation} ${chat}`);
  await saidBy(crew, operation);
}

test("bots frozen at random for longer than their leases: nothing is doubled, nothing acknowledged is missing", {
  timeout: 60_000,
}, async () => {
  const { redis, emulator, folder, env } = await setUp();
  const random = seededTest("frozen");
  const crew = new Crew("chaos/workers/sender.ts", {
    ...env,
    COUNT: "300",
    WIDTH: "4",
    REPEATS: "0.1",
    RATE: "60",
    WHEN_STORE_DOWN: "reject",
  });
  await crew.man(2);
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const freeze = async (post: number) => {
    crew.freeze(post);
    await pause(random.between(leaseMs / 2, asleepMs));
    crew.thaw(post);
  };
  const faults = [0, 1].map((post) => ({ name: `bot ${post} frozen`, strike: () => freeze(post) }));
  const struck = strikeUntil(end.signal, random, faults, [20, 300]);
  crew.tell("go");
  await pause(4_000);
  end.abort();
  const freezes = await struck;
  crew.tell("calm");
  await crew.say("done");
  const store = redisStore(redis.url);
  onTestFinished(() => store.close());
  const keys = await keysLeft({ store, client: redis.client(), bot: "4242", aheadMs: 2 * leaseMs });
  const evidence = { histories: readHistories(folder), received: receivedFrom(emulator), keys };
  const counts = expectHeld({ ...evidence, longestTtlMs: 1_800_000 + 120_000 }, random);
  expect(counts.missing).toBe(counts.missingTold);
  console.info({ seed: random.seed, freezes, ...counts });
});
