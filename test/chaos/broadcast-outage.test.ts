import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import { broadcast, createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { eventually, telegram } from "../kit/telegram.js";
import { type Seeded, seededTest } from "./kit/seeded.js";

type Mode = "local" | "allow-all" | "reject";

const modes: readonly Mode[] = ["local", "allow-all", "reject"];
const people = Array.from({ length: 300 }, (_, i) => 1 + i);
/** What docs/reliability.md states, in ms. */
const stated = { longestPause: 1_500, sharedAgain: 5_000 };

/** One bot in one process that broadcasts in one mode, and what can be measured of it. */
function broadcasterOn(server: RedisServer, emulator: Emulator, whenStoreDown: Mode) {
  const bot = 5_000 + modes.indexOf(whenStoreDown);
  // An options object of its own: stores of one URL and like options would share their connection.
  const store = redisStore(server.url, { redis: {} });
  const guard = createGuard({ store, whenStoreDown, limits: false });
  onTestFinished(() => guard.close());
  const seen: { mode: string; at: number }[] = [];
  guard.on("mode", ({ mode }) => seen.push({ mode, at: performance.now() }));
  const api = install(new Api(`${bot}:test-token`, { apiRoot: emulator.url }), guard);
  const took: number[] = [];
  api.config.use(async (prev, method, payload, signal) => {
    const from = performance.now();
    try {
      return await prev(method, payload, signal);
    } finally {
      took.push(performance.now() - from);
    }
  });
  return {
    whenStoreDown,
    modes: seen,
    /** How long each call was held, whether it was sent or refused. */
    took,
    news: () => broadcast(api, people, "News", { id: "news", concurrency: 4 }),
    received: () => emulator.ledger.received().filter((one) => one.bot === bot),
  };
}

type Broadcaster = ReturnType<typeof broadcasterOn>;

async function setUp() {
  const server = await startRedis({ persistence: true });
  const emulator = await telegram({ limits: false });
  const slow = { method: "sendMessage", kind: "slow", ms: 25, commit: "before" } as const;
  emulator.fault({ ...slow, times: Number.POSITIVE_INFINITY });
  const broadcasters = modes.map((mode) => broadcasterOn(server, emulator, mode));
  return { server, broadcasters };
}

/** Starts all, takes Redis away in the middle, and answers what was seen when all have ended. */
async function without(
  random: Seeded,
  away: (server: RedisServer) => Promise<void> | void,
  back: (server: RedisServer) => Promise<void> | void,
) {
  const { server, broadcasters } = await setUp();
  const runs = broadcasters.map((each) => each.news());
  const point = random.between(30, 100);
  await eventually(
    () => broadcasters.every((each) => each.received().length >= point),
    "they are on their way",
  );
  await away(server);
  await eventually(() => broadcasters.every(({ modes }) => modes.length > 0), "all notice it");
  await pause(random.between(100, 900));
  await back(server);
  const backAt = performance.now();
  const done = await Promise.all(runs);
  await eventually(() => broadcasters.every(isShared), "Redis is used again");
  const seen = broadcasters.map((each) => figuresOf(each, backAt));
  console.info(JSON.stringify(seen));
  return { broadcasters, done, seen };
}

const isShared = ({ modes }: Broadcaster): boolean => modes.at(-1)?.mode === "shared";

function figuresOf(each: Broadcaster, backAt: number) {
  const received = each.received();
  const gaps = received.slice(1).map(({ at }, i) => at - received[i]!.at);
  return {
    mode: each.whenStoreDown,
    longestPauseMs: Math.round(Math.max(...each.took)),
    longestSilenceMs: Math.round(Math.max(...gaps)),
    doubled: received.length - new Set(received.map(({ chat }) => chat)).size,
    sharedAgainMs: Math.max(0, Math.round(each.modes.at(-1)!.at - backAt)),
  };
}

describe("Redis goes away in mid-broadcast and comes back", () => {
  test.each<[how: string, away: Parameters<typeof without>[1], back: Parameters<typeof without>[2]]>([
    ["killed and started again", (server) => server.kill(), (server) => server.restart()],
    ["frozen and thawed", (server) => server.pause(), (server) => server.resume()],
  ])(
    "%s: in every mode nobody is served twice, no send is held for long, and Redis is soon used again",
    async (how, away, back) => {
      const random = seededTest(`broadcast, Redis ${how}`);
      const { broadcasters, done, seen } = await without(random, away, back);
      for (const { longestPauseMs, doubled, sharedAgainMs, mode } of seen) {
        expect(doubled, mode).toBe(0);
        expect(longestPauseMs, mode).toBeLessThan(stated.longestPause);
        expect(sharedAgainMs, mode).toBeLessThan(stated.sharedAgain);
      }
      for (const progress of done)
        expect(progress).toMatchObject({ state: "done", failed: 0, done: people.length });
      for (const each of broadcasters) {
        expect(each.received()).toHaveLength(people.length);
        expect(each.modes[0]!.mode).toBe(each.whenStoreDown);
      }
      // Where sends go on without Redis, the broadcast does not stand still either.
      for (const { mode, longestSilenceMs } of seen)
        if (mode !== "reject") expect(longestSilenceMs, mode).toBeLessThan(stated.longestPause);
    },
  );
});

test("known limit: while Redis is away each process holds a cap for itself, so two may have its one slot", async () => {
  const server = await startRedis();
  const emulator = await telegram();
  emulator.fault({ method: "sendDocument", kind: "hang", times: 2 });
  const caps = { uploads: { limit: 1, methods: ["sendDocument"] } };
  const guards = [1, 2].map(() => createGuard({ store: redisStore(server.url, { redis: {} }), caps }));
  const apis = guards.map((guard) => install(new Api("5009:test-token", { apiRoot: emulator.url }), guard));
  await Promise.all(apis.map((api, i) => api.sendMessage(7, `warm-up ${i}`)));
  await server.kill();
  const hangUp = new AbortController();
  const uploads = apis.map((api, i) => api.sendDocument(7, `file-${i}`, {}, hangUp.signal as never));
  const open = () => emulator.ledger.requests({ method: "sendDocument" }).length;
  await eventually(() => open() === 2, "both are open at once");
  hangUp.abort();
  await Promise.allSettled(uploads);
  await Promise.all(guards.map((guard) => guard.store.close()));
});
