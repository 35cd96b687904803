import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { apiAt, eventually, telegram, token } from "../kit/telegram.js";
import { Crew } from "./kit/crew.js";
import { receivedFrom } from "./kit/evidence.js";
import { expectHeld } from "./kit/expect-held.js";
import { grouped } from "./kit/grouped.js";
import { type HistoryLine, readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";
import { keysLeft } from "./kit/redis-keys.js";

/** No send to a private chat, where nobody waits, is held for longer by a clock that jumps, in ms. */
const longestHeldMs = 2_000;
const sends = 450;
const ttlMs = 1_800_000;

test("a bot whose clock jumps by hours beside an honest one: once each, limits hold, nobody is held for long", {
  timeout: 60_000,
}, async () => {
  const redis = await startRedis();
  const groups = { limit: 20, perMs: 3_000 };
  const emulator = await telegram({ limits: { group: groups, chat: false, bot: false } });
  const folder = historyFolder();
  const crew = new Crew("chaos/workers/sender.ts", {
    REDIS_URL: redis.url,
    BOT_TOKEN: token,
    API_ROOT: emulator.url,
    HISTORIES: folder,
    COUNT: `${sends}`,
    GROUPS: "1",
    WIDTH: "4",
    REPEATS: "0",
    RATE: "300",
    WHEN_STORE_DOWN: "reject",
    JUMPING_POST: "0",
  });
  await crew.man(2);
  crew.tell("go");
  crew.tell("calm");
  await crew.say("done");
  const store = redisStore(redis.url);
  onTestFinished(() => store.close());
  const histories = readHistories(folder);
  const counts = expectHeld({
    histories,
    received: receivedFrom(emulator),
    keys: await keysLeft({ store, client: redis.client(), bot: "4242" }),
    longestTtlMs: ttlMs,
    limits: [
      { name: "group", kind: "window", ...groups, countedWith: ({ chat }) => (chat < 0 ? chat : undefined) },
      { name: "bot", kind: "bucket", capacity: 50, refillPerSecond: 300, spare: 10 },
    ],
  });
  expect(counts).toMatchObject({ operations: sends, received: sends, acknowledged: sends });
  expect(emulator.ledger.floods()).toEqual([]);
  const held = [...grouped(histories, ({ process }) => process)].map(([process, lines]) => ({
    process,
    longestHeldMs: Math.round(longestOf(lines)),
  }));
  console.info(JSON.stringify(held));
  for (const { process, longestHeldMs: longest } of held)
    expect(longest, process).toBeLessThan(longestHeldMs);
});

/** Every tenth goes to a group, and may have to wait there. */
function longestOf(lines: readonly HistoryLine[]): number {
  const begun = new Map<string, number>();
  const took = lines.map(({ operation, event, at }) => {
    if (event !== "invoke") return at - begun.get(operation)!;
    begun.set(operation, at);
    return 0;
  });
  return Math.max(...took.filter((_, i) => !lines[i]!.operation.endsWith("0")));
}

test("a clock that is set back while Redis is away does not keep a process away from it", async () => {
  const redis = await startRedis();
  const emulator = await telegram({ limits: false });
  const store = redisStore(redis.url);
  const guard = createGuard({ store, limits: false });
  onTestFinished(() => guard.store.close());
  const modes: string[] = [];
  guard.on("mode", ({ mode }) => modes.push(mode));
  const api = install(apiAt(emulator), guard);
  await api.sendMessage(7, "warm-up");
  await redis.kill();
  for (let n = 0; modes.length === 0; n++) await api.sendMessage(7, `alone ${n}`);
  const wall = Date.now;
  onTestFinished(() => {
    Date.now = wall;
  });
  Date.now = () => wall() - 2 * 3_600_000;
  await redis.restart();
  const from = performance.now();
  await eventually(() => modes.at(-1) === "shared", "Redis is used again", 5_000);
  console.info(`shared again after ${Math.round(performance.now() - from)} ms`);
});
