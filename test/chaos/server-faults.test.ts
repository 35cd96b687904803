import { setTimeout as sleep } from "node:timers/promises";
import type { Emulator } from "@sendonce/emulator";
import { describe, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { telegram } from "../kit/telegram.js";
import { until } from "../redis/sender.js";
import { expectHeld } from "./kit/expect-held.js";
import { type SteadyBot, type SteadyOptions, steadyBot, underLoad } from "./steady-bot.js";

/** Longest time that a store which stopped answering may add to a call: three time-outs and a little, ms. */
const patienceMs = 1_750;
/** For all that is neither waiting nor silence, ms. */
const aLittleMs = 250;
/** Longest time from the return of a store to its use, ms. */
const recoveryMs = 5_000;

const twoModes = ["local", "reject"] as const;

/** A bot for each mode on one server. */
async function botsOn(
  emulator: Emulator,
  server: RedisServer,
  name: string,
  { perSecond = 40, connection = {} }: Pick<SteadyOptions, "perSecond" | "connection"> = {},
) {
  return Promise.all(
    twoModes.map((whenStoreDown, at) => {
      const options = { name: `${name} ${whenStoreDown}`, bot: 1 + at, whenStoreDown, perSecond, connection };
      return steadyBot(emulator, server.url, options);
    }),
  );
}

/** What came of a fault. */
interface Befallen {
  /** How long the bots needed to come back, ms. */
  readonly backMs: number;
  /** How long the machine held calls, fault or none, ms. */
  readonly machineMs: number;
}

/** Lets `fault` befall the server of bots that send all the while. */
async function befall(
  emulator: Emulator,
  bots: readonly SteadyBot[],
  fault: () => Promise<unknown>,
): Promise<Befallen> {
  const { happened: backMs, machineMs } = await underLoad(emulator, bots, async () => {
    await sleep(100);
    await fault();
    return until(() => bots.every(({ modes }) => (modes.at(-1) ?? "shared") === "shared"), Boolean);
  });
  return { backMs, machineMs };
}

/** Everything once more, then the checker's word. */
async function heldAfter(emulator: Emulator, bots: readonly SteadyBot[]) {
  for (const bot of bots) {
    const untold = (await bot.repeat()).filter(({ ending }) => ending !== "replayed" && ending !== "ok");
    expect(untold).toEqual([]);
  }
  return bots.map((bot) => expectHeld(bot.evidence(emulator)));
}

test("SCRIPT FLUSH again and again under load is not noticed", async () => {
  const emulator = await telegram({ limits: false });
  const server = await startRedis();
  const bots = await botsOn(emulator, server, "flushed scripts");
  const client = server.client();
  const { machineMs } = await befall(emulator, bots, async () => {
    for (let i = 0; i < 60; i++) {
      await client.script("FLUSH");
      await sleep(8);
    }
  });
  for (const bot of bots) {
    expect(bot.modes).toEqual([]);
    expect(bot.longestMs).toBeLessThan(500 + machineMs);
  }
  for (const counts of await heldAfter(emulator, bots)) expect(counts.missing).toBe(0);
});

test.each(["ALL", "WRITE"])(
  "CLIENT PAUSE %s of 300 ms is waited for: nobody is told anything",
  async (which) => {
    const emulator = await telegram({ limits: false });
    const server = await startRedis();
    // Patience of several pauses: the law is that one below it is waited for, not how close to it one may come.
    const bots = await botsOn(emulator, server, `paused ${which}`, {
      connection: { commandTimeoutMs: 1_500 },
    });
    const console = server.client();
    const { machineMs } = await befall(emulator, bots, async () => {
      await console.call("CLIENT", "PAUSE", 300, which);
      await sleep(350);
    });
    for (const bot of bots) {
      expect(bot.modes).toEqual([]);
      expect(bot.longestMs).toBeGreaterThan(200);
      expect(bot.longestMs).toBeLessThan(300 + aLittleMs + machineMs);
    }
    for (const counts of await heldAfter(emulator, bots)) expect(counts.missing).toBe(0);
  },
);

/** Ways to stand still for a while and go on as if nothing had been. */
const standstills: readonly (readonly [string, (server: RedisServer, ms: number) => Promise<unknown>])[] = [
  ["CLIENT PAUSE ALL", (server, ms) => server.client().call("CLIENT", "PAUSE", ms, "ALL")],
  ["CLIENT PAUSE WRITE", (server, ms) => server.client().call("CLIENT", "PAUSE", ms, "WRITE")],
  ["DEBUG SLEEP", async (server, ms) => void server.client().call("DEBUG", "SLEEP", ms / 1_000)],
  [
    "SIGSTOP",
    async (server, ms) => {
      server.pause();
      setTimeout(() => server.resume(), ms);
    },
  ],
];

/** Both modes fell and came back in time, nobody was held for long, and nothing is missing: who was refused came again. */
async function expectOutage(
  name: string,
  emulator: Emulator,
  bots: readonly SteadyBot[],
  { backMs, machineMs }: Befallen,
) {
  if (process.env.FIGURES)
    console.log(name, {
      backMs,
      machineMs,
      longest: bots.map(({ longestMs }) => longestMs),
      reasons: bots.map(({ reasons }) => reasons),
      modes: bots.map(({ modes }) => modes),
    });
  expect(backMs, name).toBeLessThan(recoveryMs);
  for (const bot of bots) expect(bot.longestMs, name).toBeLessThan(patienceMs + machineMs);
  expect(
    bots.map(({ modes }) => modes),
    name,
  ).toEqual([
    ["local", "shared"],
    ["reject", "shared"],
  ]);
  for (const counts of await heldAfter(emulator, bots)) expect(counts.missing, name).toBe(0);
}

test("a server that stands still for 2 s (CLIENT PAUSE, DEBUG SLEEP, SIGSTOP) is done without, and used again", async () => {
  const emulator = await telegram({ limits: false });
  const stands = standstills.map(async ([name, standStill]) => {
    const server = await startRedis({ config: { "enable-debug-command": "yes" } });
    const bots = await botsOn(emulator, server, name, { perSecond: 15 });
    const outage = await befall(emulator, bots, async () => {
      await standStill(server, 2_000);
      await sleep(2_000);
    });
    return { name, bots, outage };
  });
  for (const { name, bots, outage } of await Promise.all(stands)) {
    await expectOutage(name, emulator, bots, outage);
  }
});

test("calls that stand in line for one chat wait for three time-outs at most: then the store is given up", async () => {
  const emulator = await telegram({ limits: false });
  const server = await startRedis();
  const bot = await steadyBot(emulator, server.url, { name: "in line", chat: 7 });
  const { machineMs } = await befall(emulator, [bot], async () => {
    server.pause();
    setTimeout(() => server.resume(), 2_500);
    await sleep(2_500);
  });
  if (process.env.FIGURES) globalThis.console.log("in line", { longest: bot.longestMs });
  expect(bot.longestMs).toBeLessThan(patienceMs + machineMs);
  expect(bot.modes).toEqual(["local", "shared"]);
  const [counts] = await heldAfter(emulator, [bot]);
  expect(counts!.missing).toBe(0);
});

test("CONFIG SET maxclients reached: who cannot connect does without, and is back when there is room", async () => {
  const emulator = await telegram({ limits: false });
  const server = await startRedis();
  const bots = await botsOn(emulator, server, "shut out");
  const console = server.client();
  const outage = await befall(emulator, bots, async () => {
    await console.config("SET", "maxclients", 1);
    // The one that asks is spared.
    await console.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await sleep(1_500);
    await console.config("SET", "maxclients", 100);
  });
  await expectOutage("maxclients", emulator, bots, outage);
});

test("a restart with LOADING is an outage until all is loaded, and forgets nothing", async () => {
  const emulator = await telegram({ limits: false });
  // Each key takes its time, as a large data set would.
  const config = { "key-load-delay": "4000", "loading-process-events-interval-bytes": "1024" };
  const server = await startRedis({ persistence: true, config });
  const bots = await botsOn(emulator, server, "loading");
  const filler = server.client();
  for (let i = 0; i < 400; i++) await filler.set(`filler ${i}`, i);
  const outage = await befall(emulator, bots, async () => {
    await server.kill();
    await server.restart();
  });
  await expectOutage("loading", emulator, bots, outage);
});

describe("FLUSHALL", () => {
  test("breaks nothing: sending goes on, and limits count anew from there", async () => {
    const emulator = await telegram({ limits: false });
    const server = await startRedis();
    const [bot] = await botsOn(emulator, server, "emptied");
    const { machineMs } = await befall(emulator, [bot!], async () => {
      for (let i = 0; i < 10; i++) {
        await server.client().flushall();
        await sleep(30);
      }
    });
    expect(bot!.modes).toEqual([]);
    expect(bot!.longestMs).toBeLessThan(500 + machineMs);
    const limited = await steadyBot(emulator, server.url, { name: "limited", limits: {}, maxWaitMs: 0 });
    await server.client().flushall();
    const group = (i: number) => limited.send(`to the group ${i}`, -100);
    const endings = await Promise.all(Array.from({ length: 30 }, (_, i) => group(i)));
    expect(endings.filter(({ ending }) => ending === "ok")).toHaveLength(20);
    expect(endings.filter(({ note }) => note === "rate_limited")).toHaveLength(10);
    expectHeld(limited.evidence(emulator));
  });

  test("known limit: what one process sent, another sends again", async () => {
    const emulator = await telegram({ limits: false });
    const server = await startRedis();
    const one = await steadyBot(emulator, server.url, { name: "one" });
    const other = await steadyBot(emulator, server.url, { name: "other" });
    expect(await one.send("post")).toEqual({ ending: "ok" });
    expect(await other.send("post")).toEqual({ ending: "replayed" });
    await server.client().flushall();
    expect(await other.send("post")).toEqual({ ending: "ok" });
    expect(emulator.ledger.count({ text: "post" })).toBe(2);
  });

  test("is a wish: what this process has sent goes out again when it is asked for again", async () => {
    const emulator = await telegram({ limits: false });
    const server = await startRedis();
    const one = await steadyBot(emulator, server.url, { name: "one" });
    expect(await one.send("post")).toEqual({ ending: "ok" });
    await server.client().flushall();
    expect(await one.send("post")).toEqual({ ending: "ok" });
    expect(emulator.ledger.count({ text: "post" })).toBe(2);
  });
});

describe("a server that comes back empty", () => {
  test("is told again: a process does not send again what it has sent itself, and others then do not either", async () => {
    const emulator = await telegram({ limits: false });
    const server = await startRedis();
    const one = await steadyBot(emulator, server.url, { name: "one" });
    const other = await steadyBot(emulator, server.url, { name: "other" });
    expect(await one.send("post")).toEqual({ ending: "ok" });
    await server.kill();
    await server.restart();
    const isShared = (bot: SteadyBot) =>
      until(
        () => bot.guard.health(),
        ({ mode, store }) => mode === "shared" && store.reachable,
      );
    await Promise.all([isShared(one), isShared(other)]);
    expect(await one.send("post")).toEqual({ ending: "replayed" });
    expect(await other.send("post")).toEqual({ ending: "replayed" });
    expect(emulator.ledger.count({ text: "post" })).toBe(1);
  });
});
