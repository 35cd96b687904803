import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { keys } from "../kit/redis/commands.js";
import { startRedis } from "../kit/redis/server.js";
import { telegram } from "../kit/telegram.js";
import { until } from "../redis/sender.js";
import { expectHeld } from "./kit/expect-held.js";
import { steadyBot } from "./steady-bot.js";

/** Longest time from the return of a store to its use, ms. */
const recoveryMs = 5_000;
/** A refusal is an answer: nobody waits for it as long as for silence, ms. */
const commandTimeoutMs = 500;

/** Writes so many times 50 kB, as far as the server takes them. */
async function fill(client: Redis, times: number): Promise<void> {
  const ballast = "x".repeat(50_000);
  for (let i = 0; i < times; i++) await client.set(`ballast ${i}`, ballast).catch(() => {});
}

test("a full Redis with noeviction: the mode falls at once, says why, and comes back with the memory", async () => {
  const emulator = await telegram({ limits: false });
  const server = await startRedis({ config: { "maxmemory-policy": "noeviction" } });
  const client = server.client();
  const bots = await Promise.all(
    (["local", "reject"] as const).map((whenStoreDown, at) =>
      steadyBot(emulator, server.url, { name: whenStoreDown, bot: 1 + at, whenStoreDown }),
    ),
  );
  const loads = bots.map((bot) => bot.load());
  await sleep(200);
  await fill(client, 100);
  await client.config("SET", "maxmemory", "4mb");
  await until(() => bots.every(({ modes }) => modes.length > 0), Boolean);
  await sleep(800);
  await client.del(...(await keys(client, "ballast *")));
  const backMs = await until(() => bots.every(({ modes }) => modes.at(-1) === "shared"), Boolean);
  await Promise.all(loads.map((load) => load.stop()));
  if (process.env.FIGURES) console.log("OOM", { backMs, longest: bots.map(({ longestMs }) => longestMs) });
  expect(backMs).toBeLessThan(recoveryMs);
  for (const { modes, reasons, log, longestMs } of bots) {
    expect(modes).toHaveLength(2);
    expect(reasons[0]).toMatch(/Redis is out of memory \(maxmemory reached with noeviction\)/);
    expect(
      log.filter((line) => /^the store is away: (local|reject) .*out of memory/.test(line)),
    ).toHaveLength(1);
    expect(log.filter((line) => line.startsWith("the store is back"))).toHaveLength(1);
    expect(longestMs).toBeLessThan(commandTimeoutMs);
  }
  for (const bot of bots) {
    await bot.repeat();
    expect(expectHeld(bot.evidence(emulator)).missing).toBe(0);
  }
});

const evicting = ["allkeys-lru", "volatile-lru", "volatile-ttl"];

test("known limit: a Redis that evicts throws records away, and another process sends again; it is warned about, and health() tells", async () => {
  const emulator = await telegram({ limits: false });
  const fates = evicting.map(async (policy, at) => {
    const server = await startRedis({ config: { maxmemory: "4mb", "maxmemory-policy": policy } });
    const bot = 1 + at;
    const one = await steadyBot(emulator, server.url, { name: `${policy} one`, bot });
    const other = await steadyBot(emulator, server.url, { name: `${policy} other`, bot });
    const posts = Array.from({ length: 50 }, (_, i) => `${policy} ${i}`);
    for (const post of posts) expect(await one.send(post)).toEqual({ ending: "ok" });
    await fill(server.client(), 200);
    const again = [];
    // There is room again: nothing that the test does from here on throws anything away.
    await server.client().config("SET", "maxmemory", "0");
    for (const post of posts) again.push((await other.send(post)).ending);
    await server.client().config("SET", "maxmemory", "100mb");
    const { status, problems } = await one.guard.health();
    return { policy, one, other, again, status, problems };
  });
  for (const { policy, one, other, again, status, problems } of await Promise.all(fates)) {
    // It works; that it forgets is a problem all the same.
    expect(status, policy).toBe("ok");
    expect(
      problems.filter((problem) => /maxmemory-policy noeviction/.test(problem)),
      policy,
    ).toHaveLength(1);
    expect(again.filter((ending) => ending === "ok").length, policy).toBeGreaterThan(40);
    for (const { log } of [one, other])
      expect(
        log.filter((line) => /maxmemory-policy noeviction/.test(line)),
        policy,
      ).toHaveLength(1);
  }
  expect(emulator.ledger.doubled().length).toBeGreaterThan(120);
});
