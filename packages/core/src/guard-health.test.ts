import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { StoreUnavailable } from "./errors.js";
import { window } from "./limiter/rules.js";
import { memoryStore } from "./store/memory.js";
import type { Store, StoreHealth } from "./store/port.js";
import { GuardBench } from "./testing/guard-bench.js";
import { VirtualClock } from "./testing/virtual-clock.js";

/** The breaker reads the wall clock. */
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

type Trouble = "gone" | "mute" | "refuses writes";

/** A process before a shared store that can be taken away, and that tells of itself what the test says. */
function process(options: ConstructorParameters<typeof GuardBench>[0] = {}, told: Partial<StoreHealth> = {}) {
  const clock = new VirtualClock();
  const shared = memoryStore({ clock });
  let trouble: Trouble | undefined;
  const asked: string[] = [];
  const store = new Proxy(shared, {
    get(target, verb) {
      if (verb === "embedded") return undefined;
      if (verb === "name") return "redis://127.0.0.1:6379";
      const member = Reflect.get(target, verb) as unknown;
      if (typeof member !== "function") return member;
      return async (...args: unknown[]) => {
        asked.push(String(verb));
        if (trouble === "gone") throw new StoreUnavailable("Redis refused the connection (at ping)");
        if (trouble === "mute") return new Promise(() => {});
        if (trouble === "refuses writes" && verb !== "ping")
          throw new StoreUnavailable("out of memory", { refusesWrites: true });
        const answer = await member.apply(target, args);
        return verb === "ping" ? { ...answer, ...told } : answer;
      };
    },
  }) as Store;
  const bench = new GuardBench({ clock, store, ...options });
  const modes: string[] = [];
  bench.guard.on("mode", ({ mode }) => modes.push(mode));
  return {
    bench,
    clock,
    shared,
    modes,
    asked,
    trouble: (kind: Trouble | undefined) => {
      trouble = kind;
    },
    health: () => clock.run(bench.guard.health()),
    async pass(ms: number) {
      vi.setSystemTime(Date.now() + ms);
      await clock.advance(ms);
    },
    /** So many sends to find out that the store is away. */
    async notice() {
      for (const text of ["x", "y", "z"]) await clock.run(bench.start({ chat_id: 9, text }));
    },
  };
}

describe("health()", () => {
  test("a guard on its own memory is well, and embedded", async () => {
    const bench = new GuardBench();
    expect(await bench.guard.health()).toEqual({
      status: "ok",
      mode: "embedded",
      store: { name: "memory", reachable: true, latencyMs: 0, clockOffsetMs: 0 },
      calls: { open: 0, waiting: 0 },
      owed: 0,
      problems: [],
    });
  });

  test("a shared store is asked for a claim and a bucket, and nothing of that stays", async () => {
    const { health, shared, asked } = process({}, { serverVersion: "7.0.15", role: "master" });
    expect(await health()).toMatchObject({
      status: "ok",
      mode: "shared",
      store: {
        name: "redis://127.0.0.1:6379",
        reachable: true,
        latencyMs: 0,
        claimMs: 0,
        bucketMs: 0,
        clockOffsetMs: 0,
        serverVersion: "7.0.15",
        role: "master",
      },
      problems: [],
    });
    expect(asked.sort()).toEqual(["admit", "admit", "ping", "settle", "settle"]);
    expect(await shared.ping()).toMatchObject({ records: 0, rules: 0 });
  });

  test("it counts the calls that are open and those that wait", async () => {
    const limits = { chat: window({ limit: 1, perMs: 10_000 }) };
    const bench = new GuardBench({ limits });
    bench.answers(bench.after(5_000));
    const calls = ["a", "b", "c"].map((text) => bench.start({ chat_id: 5, text }));
    await bench.clock.advance(0);
    expect((await bench.guard.health()).calls).toEqual({ open: 3, waiting: 2 });
    await bench.clock.run(Promise.all(calls));
  });

  test.each([
    ["local", "degraded", /guards itself alone/],
    ["allow-all", "degraded", /unguarded/],
    ["reject", "down", /nothing is sent/],
  ] as const)(
    "%s: without its store a guard is %s, before and after it has noticed",
    async (mode, status, tells) => {
      const { bench, health, trouble, notice, modes } = process({ whenStoreDown: mode });
      trouble("gone");
      const early = await health();
      expect(early).toMatchObject({ status, mode: "shared", store: { reachable: false } });
      expect(early.problems.join("\n")).toMatch(/Redis refused the connection/);
      expect(early.problems.join("\n")).toMatch(tells);
      expect(modes).toEqual([]);
      await notice();
      expect(modes).toEqual([mode]);
      const late = await health();
      expect(late).toMatchObject({ status, mode });
      expect(late.problems.join("\n")).toMatch(tells);
      await bench.clock.run(bench.guard.close());
      expect(await health()).toMatchObject({
        status: "down",
        problems: [expect.stringContaining("was closed")],
      });
    },
  );

  test("asking for it neither trips the breaker nor hides an outage", async () => {
    const { bench, health, trouble, notice, modes, pass } = process();
    trouble("gone");
    for (let i = 0; i < 10; i++) await health();
    expect(modes).toEqual([]);
    await notice();
    trouble(undefined);
    for (let i = 0; i < 10; i++) expect((await health()).status).toBe("degraded");
    expect(modes).toEqual(["local"]);
    await pass(1_100);
    await pass(1_100);
    expect(modes).toEqual(["local", "shared"]);
    await pass(1_100);
    expect(await health()).toMatchObject({ status: "ok", owed: 0 });
    expect(bench.texts).toEqual(["x", "y", "z"]);
  });

  test("a store that says nothing costs two command time-outs, no more", async () => {
    const { clock, health, trouble } = process();
    const from = clock.now();
    trouble("mute");
    expect(await health()).toMatchObject({
      status: "degraded",
      store: { reachable: false, error: expect.stringContaining("within 1000 ms") },
    });
    expect(clock.now() - from).toBe(1_000);
    expect(clock.pending).toBe(0);
  });

  test("a store that answers and takes no writes is reachable, and the reason is told", async () => {
    const { health, trouble } = process();
    trouble("refuses writes");
    expect(await health()).toMatchObject({
      status: "degraded",
      store: { reachable: true, latencyMs: 0, error: "out of memory" },
    });
  });

  test("outcomes that the store has not taken are counted", async () => {
    const { health, trouble, notice } = process();
    trouble("gone");
    await notice();
    const { owed, problems } = await health();
    expect(owed).toBe(3);
    expect(problems.join("\n")).toMatch(/3 outcomes .* keep it running/);
  });

  test.each([
    [{ role: "replica" }, /replica .* connect to the master/],
    [{ evictionPolicy: "allkeys-lru", maxMemoryBytes: 100 }, /set maxmemory-policy noeviction/],
    [{ usedMemoryBytes: 91, maxMemoryBytes: 100 }, /nearly full: raise its maxmemory/],
    [{ serverVersion: "6.0.16" }, /needs 6\.2/],
    [{ serverVersion: "5.2.0" }, /needs 6\.2/],
    [{ nowUs: 0 }, /clocks .* NTP/],
  ] as const)("%j is a problem with a remedy, though messages go out", async (told, remedy) => {
    const { health } = process({}, told);
    expect(await health()).toMatchObject({ status: "ok", problems: [expect.stringMatching(remedy)] });
  });

  test.each([
    { role: "master" },
    { usedMemoryBytes: 90, maxMemoryBytes: 100, evictionPolicy: "noeviction" },
    { usedMemoryBytes: 1e12 },
    { serverVersion: "6.2.0" },
    { serverVersion: "8.1.0" },
  ] as const)("%j is none", async (told) => {
    expect((await process({}, told).health()).problems).toEqual([]);
  });
});
