import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { untilCopied } from "../kit/redis/copied.js";
import { type RedisSentinel, startSentinel } from "../kit/redis/sentinel.js";
import { telegram } from "../kit/telegram.js";
import { until } from "../redis/sender.js";
import { expectHeld } from "./kit/expect-held.js";
import { type SteadyBot, type SteadyOptions, steadyBot, underLoad } from "./steady-bot.js";

/** Longest time that a store which stopped answering may add to a call: three time-outs and a little, ms. */
const patienceMs = 1_750;
/** Longest time from the return of a store to its use, ms. */
const recoveryMs = 5_000;

type Telegram = Awaited<ReturnType<typeof telegram>>;

/** A process of its own before the master that Sentinel names. */
const botBefore = (
  emulator: Telegram,
  sentinel: RedisSentinel,
  options: SteadyOptions,
  client: { failoverDetector?: boolean } = {},
): Promise<SteadyBot> => steadyBot(emulator, sentinel.client({ lazyConnect: true, ...client }), options);

const twoModes = ["local", "reject"] as const;
const fellAndReturned = twoModes.map((mode) => [mode, "shared"]);

const botsOfEachMode = (emulator: Telegram, sentinel: RedisSentinel) =>
  Promise.all(
    twoModes.map((whenStoreDown, at) =>
      botBefore(emulator, sentinel, { name: whenStoreDown, bot: 1 + at, whenStoreDown }),
    ),
  );

const isShared = (bots: readonly SteadyBot[]) =>
  until(() => bots.every(({ modes }) => (modes.at(-1) ?? "shared") === "shared"), Boolean, 8_000);

/** Until a bot that nobody uses has found the master. */
const untilWell = ({ guard }: SteadyBot) =>
  until(
    () => guard.health(),
    ({ status }) => status === "ok",
  );

const figuresOf = (bots: readonly SteadyBot[]) =>
  bots.map(({ longestMs, modes, reasons }) => ({ longestMs, modes, reasons }));

test("kill -9 of a master under load: its bots do without, and use the promoted replica", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const bots = await botsOfEachMode(emulator, sentinel);
  const { happened, machineMs } = await underLoad(emulator, bots, async () => {
    await sleep(300);
    const from = performance.now();
    const old = await sentinel.master();
    await old.kill();
    await sentinel.newMaster(old);
    const promotedMs = performance.now() - from;
    const backMs = await isShared(bots);
    await sleep(100);
    return { promotedMs, backMs };
  });
  if (process.env.FIGURES) console.log("killed", { ...happened, machineMs, bots: figuresOf(bots) });
  expect(happened.backMs).toBeLessThan(recoveryMs);
  for (const bot of bots) expect(bot.longestMs).toBeLessThan(patienceMs + machineMs);
  expect(bots.map(({ modes }) => modes)).toEqual(fellAndReturned);
  for (const bot of bots) {
    await bot.repeat();
    expectHeld(bot.evidence(emulator));
  }
});

test("a demoted master is noticed by its READONLY: the mode falls for a moment, the connection is made anew", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const bots = await botsOfEachMode(emulator, sentinel);
  const { happened: backMs, machineMs } = await underLoad(emulator, bots, async () => {
    await sleep(200);
    const old = await sentinel.master();
    const master = await sentinel.failover();
    // Sentinel itself tells the old one after 8 s.
    await old.client().replicaof("127.0.0.1", master.port);
    const from = performance.now();
    await until(() => bots.every(({ modes }) => modes.length > 0), Boolean);
    await isShared(bots);
    return performance.now() - from;
  });
  if (process.env.FIGURES) console.log("demoted", { backMs, machineMs, bots: figuresOf(bots) });
  expect(backMs).toBeLessThan(recoveryMs);
  for (const { reasons, longestMs } of bots) {
    expect(longestMs).toBeLessThan(patienceMs + machineMs);
    expect(reasons).toEqual([
      expect.stringMatching(/this Redis is a read-only replica: connect to the master/),
    ]);
  }
  expect(bots.map(({ modes }) => modes)).toEqual(fellAndReturned);
  for (const bot of bots) {
    await bot.repeat();
    expectHeld(bot.evidence(emulator));
  }
});

/** Writes reach the master alone, and it dies with them. */
async function loseLastWrites(sentinel: RedisSentinel, write: () => Promise<unknown>): Promise<void> {
  const [old, replica] = [sentinel.servers[0]!, sentinel.servers[1]!];
  replica.pause();
  // What is on its way to the replica would reach it even from a dead master.
  await old.client().call("CLIENT", "KILL", "TYPE", "replica");
  await write();
  await old.kill();
  replica.resume();
  await sentinel.newMaster(old);
}

test("known limit: after a failover that lost the last writes another process sends again, the one that sent does not", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const one = await botBefore(emulator, sentinel, { name: "one" });
  const other = await botBefore(emulator, sentinel, { name: "other" });
  await loseLastWrites(sentinel, async () => {
    for (const post of ["a", "b"]) expect(await one.send(post)).toEqual({ ending: "ok" });
    for (const post of ["a", "b"]) expect(await other.send(post)).toEqual({ ending: "replayed" });
  });
  for (const bot of [one, other]) await untilWell(bot);
  expect(await other.send("a")).toEqual({ ending: "ok" });
  expect(await one.send("b")).toEqual({ ending: "replayed" });
  expect(await other.send("b")).toEqual({ ending: "replayed" });
  expect(emulator.ledger.count({ text: "a" })).toBe(2);
  expect(emulator.ledger.count({ text: "b" })).toBe(1);
});

test("min-replicas-to-write narrows the gap: a master that lost its replicas takes nothing, and nothing doubles", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const master = sentinel.servers[0]!.client();
  await master.config("SET", "min-replicas-to-write", 1);
  await master.config("SET", "min-replicas-max-lag", 1);
  const one = await botBefore(emulator, sentinel, { name: "one", whenStoreDown: "reject" });
  const other = await botBefore(emulator, sentinel, { name: "other", whenStoreDown: "reject" });
  await loseLastWrites(sentinel, async () => {
    expect(await one.send("a")).toEqual({ ending: "refused", note: "store_unavailable" });
    expect(one.reasons).toEqual([expect.stringMatching(/too few replicas for a write/)]);
  });
  for (const bot of [one, other]) await untilWell(bot);
  expect(await other.send("a")).toEqual({ ending: "ok" });
  expect(await one.send("a")).toEqual({ ending: "replayed" });
  expect(emulator.ledger.doubled()).toEqual([]);
});

test("waitForReplicas narrows the gap: what no replica has is not sent, and nothing doubles", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  await untilCopied(sentinel.servers[0]!);
  const connection = { waitForReplicas: { replicas: 1, timeoutMs: 100 } };
  const options = { whenStoreDown: "reject", connection } as const;
  const one = await botBefore(emulator, sentinel, { name: "one", ...options });
  const other = await botBefore(emulator, sentinel, { name: "other", ...options });
  expect(await one.send("before")).toEqual({ ending: "ok" });
  await loseLastWrites(sentinel, async () => {
    expect(await one.send("a")).toEqual({ ending: "refused", note: "store_unavailable" });
    expect(one.reasons).toEqual([
      expect.stringMatching(/0 of 1 replicas acknowledged a claim within 100 ms/),
    ]);
  });
  // The promoted one has no replica of its own yet. Sentinel itself makes one of the dead master, after 8 s.
  const [old, master] = [sentinel.servers[0]!, await sentinel.master()];
  await old.restart();
  await old.client().replicaof("127.0.0.1", master.port);
  for (const bot of [one, other]) await untilWell(bot);
  expect(await other.send("a")).toEqual({ ending: "ok" });
  expect(await one.send("a")).toEqual({ ending: "replayed" });
  expect(await other.send("before")).toEqual({ ending: "replayed" });
  expect(emulator.ledger.doubled()).toEqual([]);
});

test("known limit: a connection to a master that was demoted while it lives stays there; failoverDetector ends that", async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const stays = await botBefore(emulator, sentinel, { name: "stays" });
  const moves = await botBefore(emulator, sentinel, { name: "moves", bot: 7 }, { failoverDetector: true });
  await sentinel.failover();
  const seen = (bot: SteadyBot, post: string) => bot.send(post).then(({ ending }) => ending);
  const newcomer = await botBefore(emulator, sentinel, { name: "newcomer" });
  const neighbour = await botBefore(emulator, sentinel, { name: "neighbour", bot: 7 });
  expect([await seen(stays, "a"), await seen(newcomer, "a")]).toEqual(["ok", "ok"]);
  let tries = 0;
  const together = async () => {
    const post = `b ${tries++}`;
    return [await seen(moves, post), await seen(neighbour, post)].join();
  };
  const movedMs = await until(together, (endings) => endings === "ok,replayed", 2_000);
  if (process.env.FIGURES) console.log("failoverDetector", { movedMs });
});
