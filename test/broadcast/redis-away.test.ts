import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import { broadcast, createGuard, type GuardOptions, install, tokenBucket } from "@sendonce/grammy";
import { expect, onTestFinished, test } from "vitest";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { apiAt, eventually, telegram } from "../kit/telegram.js";

const people = Array.from({ length: 600 }, (_, i) => 1 + i);

/** A process of its own as far as Redis can tell. */
function processOn(server: RedisServer, emulator: Emulator, options: GuardOptions = {}) {
  const rule = tokenBucket({ capacity: 20, refillPerSecond: 150 });
  // An options object of its own: stores of one URL and like options would share their connection.
  const guard = createGuard({
    store: redisStore(server.url, { redis: {} }),
    limits: { bulk: rule, global: rule },
    ...options,
  });
  onTestFinished(() => guard.store.close());
  const modes: string[] = [];
  guard.on("mode", ({ mode }) => modes.push(mode));
  const api = install(apiAt(emulator), guard);
  return { modes, close: () => guard.close(), news: () => broadcast(api, people, "News", { id: "news" }) };
}

const receivers = (emulator: Emulator): number[] => emulator.ledger.received().map(({ chat }) => chat);

async function setUp(options: GuardOptions) {
  const server = await startRedis({ persistence: true });
  const emulator = await telegram({ limits: false });
  const { modes, close, news } = processOn(server, emulator, options);
  const run = news();
  await eventually(() => emulator.ledger.count() >= 150, "a quarter is served");
  await server.kill();
  // A busy machine may have lost it for a moment before.
  await eventually(() => modes.length % 2 === 1, "the loss is noticed");
  return { server, emulator, modes, close, run };
}

test("local: with Redis away the broadcast goes on by itself, and with Redis back all know who was served", async () => {
  const { server, emulator, modes, close, run } = await setUp({});
  const before = emulator.ledger.count();
  await eventually(() => emulator.ledger.count() >= before + 100, "it goes on alone");
  await server.restart();
  expect(await run).toMatchObject({ state: "done", done: people.length, sent: people.length, failed: 0 });
  expect(modes[0]).toBe("local");
  expect(receivers(emulator).sort((a, b) => a - b)).toEqual(people);
  await eventually(() => modes.at(-1) === "shared", "Redis is used again");
  // Tells it what it is still owed.
  await close();
  const other = processOn(server, emulator);
  expect(await other.news()).toMatchObject({ sent: 0, replayed: people.length });
  expect(emulator.ledger.count()).toBe(people.length);
});

test("reject: with Redis away the broadcast waits, and goes on when Redis is back", async () => {
  const { server, emulator, modes, run } = await setUp({ whenStoreDown: "reject" });
  // What Redis had let go before it died is still sent; then nothing.
  let before = -1;
  while (before !== emulator.ledger.count()) {
    before = emulator.ledger.count();
    await pause(700);
  }
  expect(before).toBeLessThan(people.length);
  expect(run.progress).toMatchObject({ state: "running", failed: 0 });
  await server.restart();
  expect(await run).toMatchObject({ state: "done", done: people.length, failed: 0 });
  // On a busy machine it may be lost once more under those who come back.
  expect([modes[0], modes.at(-1)]).toEqual(["reject", "shared"]);
  expect(receivers(emulator).sort((a, b) => a - b)).toEqual(people);
});
