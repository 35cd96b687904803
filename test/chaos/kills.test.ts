import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { telegram, token } from "../kit/telegram.js";
import { Crew } from "./kit/crew.js";
import { type KeyLeft, type LimitToHold, receivedFrom } from "./kit/evidence.js";
import { expectHeld } from "./kit/expect-held.js";
import { readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";
import { keysLeft } from "./kit/redis-keys.js";
import { type Fault, seededTest, strikeUntil } from "./kit/seeded.js";

/** `CHAOS_SENDS=10000` for the figure in docs/reliability.md. */
const sends = Number(process.env.CHAOS_SENDS ?? 2_000);
const isLong = sends > 2_000;
/** How long everything dies at most. */
const longestMs = isLong ? 600_000 : 8_000;
const bots = 2;
const leaseMs = 30_000;
const ttlMs = 1_800_000;
const groups: LimitToHold = {
  name: "group",
  kind: "window",
  limit: 20,
  perMs: 3_000,
  countedWith: ({ chat }) => (chat < 0 ? chat : undefined),
};

async function setUp(env: Record<string, string>) {
  const redis = await startRedis({ persistence: true });
  const emulator = await telegram({
    limits: { group: { limit: 20, perMs: 3_000 }, chat: false, bot: false },
  });
  slowAnswers(emulator);
  const folder = historyFolder();
  const crew = new Crew("chaos/workers/sender.ts", {
    REDIS_URL: redis.url,
    BOT_TOKEN: token,
    API_ROOT: emulator.url,
    HISTORIES: folder,
    WIDTH: "8",
    REPEATS: "0.1",
    RATE: "400",
    ...env,
  });
  await crew.man(bots);
  return { redis, emulator, folder, crew };
}

/** So that a kill finds requests open; Telegram has the messages of most. */
function slowAnswers(emulator: Emulator): void {
  const slow = { method: "sendMessage", kind: "slow", times: Number.POSITIVE_INFINITY } as const;
  emulator.fault({ ...slow, chat: -1, ms: 60, commit: "after" });
  emulator.fault({ ...slow, ms: 30, commit: "before" });
}

type Scene = Awaited<ReturnType<typeof setUp>>;

/** Everything dies by kill -9, and comes back while the next one dies; answers of Telegram's are lost as well. */
function deaths({ redis, emulator, crew }: Scene): { faults: Fault[]; over(): Promise<unknown> } {
  const comingBack = new Map<number | "redis", Promise<unknown>>();
  const dies = async (who: number | "redis", kill: () => Promise<void>, comesBack: () => Promise<void>) => {
    await comingBack.get(who);
    await kill();
    comingBack.set(who, comesBack());
  };
  const killBot = (post: number) =>
    dies(
      post,
      () => crew.kill(post),
      async () => (await crew.replace(post)).tell("go"),
    );
  const killRedis = (awayMs: number) =>
    dies(
      "redis",
      () => redis.kill(),
      async () => {
        await pause(awayMs);
        await redis.restart();
      },
    );
  const scripted = (fault: Parameters<Emulator["fault"]>[0]) =>
    emulator.fault({ method: "sendMessage", ...fault });
  const faults: Fault[] = [
    { name: "bot killed", weight: 4, strike: (random) => killBot(random.between(0, bots - 1)) },
    { name: "Redis killed", weight: 2, strike: (random) => killRedis(random.between(0, 400)) },
    { name: "answer lost", weight: 2, strike: () => scripted({ kind: "cut-after" }) },
    { name: "flood", strike: () => scripted({ kind: "429", retryAfter: 1 }) },
  ];
  return { faults, over: () => Promise.all(comingBack.values()) };
}

/** Lets everything die for a while, at most until most is done, then lets the living come to an end. */
async function dieUntil(scene: Scene, name: string, enough: number) {
  const { crew, emulator } = scene;
  const random = seededTest(name);
  const from = performance.now();
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const { faults, over } = deaths(scene);
  const struck = strikeUntil(end.signal, random, faults, isLong ? [200, 1_600] : [100, 900]);
  crew.tell("go");
  while (emulator.ledger.count() < enough && performance.now() - from < longestMs) await pause(20);
  end.abort();
  const kills = await struck;
  await over();
  crew.tell("calm");
  await crew.say("done");
  return { random, kills, tookMs: Math.round(performance.now() - from) };
}

test("guarded sends while bots and Redis are killed at random: none doubled, none acknowledged but missing", {
  timeout: isLong ? 900_000 : 60_000,
}, async () => {
  const scene = await setUp({ COUNT: `${sends}`, WHEN_STORE_DOWN: "reject" });
  const { redis, emulator, folder, crew } = scene;
  const { random, kills, tookMs } = await dieUntil(scene, "kills", Math.floor(sends * 0.9));
  const store = redisStore(redis.url);
  onTestFinished(() => store.close());
  // Those killed in mid-send keep their lease: look at them as they will be then.
  const keys = await keysLeft({ store, client: redis.client(), bot: "4242", aheadMs: leaseMs + 1_000 });
  const histories = readHistories(folder);
  const counts = expectHeld(
    {
      histories,
      received: receivedFrom(emulator),
      killed: crew.killed,
      keys,
      longestTtlMs: ttlMs + 120_000,
      limits: [groups],
    },
    random,
  );
  expect(counts.operations).toBe(sends);
  // Who was killed while it waited leaves its turn reserved; once its lease is over that is anybody's.
  const held = ({ state, leaseMs = 0 }: KeyLeft) =>
    state === "sending" || (state === "reserved" && leaseMs > 0);
  expect(keys.filter(held)).toEqual([]);
  console.info({ seed: random.seed, kills, tookMs, ...counts });
});

test("with local each process keeps it for itself while Redis comes and goes", {
  timeout: isLong ? 900_000 : 60_000,
}, async () => {
  const scene = await setUp({ WHEN_STORE_DOWN: "local" });
  const { emulator, folder, crew } = scene;
  const { random, kills, tookMs } = await dieUntil(scene, "kills, local", sends);
  const counts = expectHeld(
    { histories: readHistories(folder), received: receivedFrom(emulator), killed: crew.killed },
    random,
  );
  console.info({ seed: random.seed, kills, tookMs, ...counts });
});
