import { describe, expect, it } from "vitest";
import { refusalResponse } from "./refusal.js";
import { currentUpdate } from "./scope.js";
import { failed, GuardBench } from "./testing/guard-bench.js";

const update = { bot: "1", updateId: 7, userId: 5 };

describe("an update", () => {
  it("that was handled is dropped, in every process", async () => {
    const bench = new GuardBench();
    let runs = 0;
    const handle = (each: GuardBench) => each.clock.run(each.guard.handleUpdate(update, async () => ++runs));
    expect(await handle(bench)).toBe(1);
    expect(await handle(bench)).toBeUndefined();
    const other = bench.sibling();
    expect(await handle(other)).toBeUndefined();
    expect([bench.events.updateDropped, other.events.updateDropped]).toEqual([
      [{ bot: "1", updateId: 7 }],
      [{ bot: "1", updateId: 7 }],
    ]);
  });

  it("of another bot, or another id, is another update", async () => {
    const bench = new GuardBench();
    let runs = 0;
    for (const each of [update, { ...update, bot: "2" }, { ...update, updateId: 8 }]) {
      await bench.clock.run(bench.guard.handleUpdate(each, async () => ++runs));
    }
    expect(runs).toBe(3);
  });

  it("is forgotten after updateTtlMs", async () => {
    const bench = new GuardBench({ idempotency: { updateTtlMs: 60_000 } });
    let runs = 0;
    const handle = () => bench.clock.run(bench.guard.handleUpdate(update, async () => ++runs));
    await handle();
    await bench.clock.advance(60_000);
    await handle();
    expect(runs).toBe(2);
  });

  it("opens the scope of its handler", async () => {
    const bench = new GuardBench();
    const scope = await bench.guard.handleUpdate(update, async () => currentUpdate());
    expect(scope).toMatchObject(update);
  });

  it("whose handler throws is free: the redelivery runs, and sends only what is missing", async () => {
    const bench = new GuardBench();
    const handler = async (fails: boolean) => {
      await bench.say("one");
      if (fails) throw new Error("bug");
      await bench.say("two");
    };
    await expect(bench.guard.handleUpdate(update, () => handler(true))).rejects.toThrow("bug");
    await bench.guard.handleUpdate(update, () => handler(false));
    expect(bench.texts).toEqual(["one", "two"]);
  });

  it("whose handler ended in our own ambiguous conflict is finished, and an event says so", async () => {
    const bench = new GuardBench();
    bench.answers(failed("ECONNRESET"));
    let runs = 0;
    const handler = async () => {
      runs++;
      await bench.say("a");
      const again = await bench.say("a");
      if (again.status === "ambiguous") throw Object.assign(new Error("409"), refusalResponse(again));
    };
    expect(await bench.guard.handleUpdate(update, handler)).toBeUndefined();
    expect(bench.events.updateUnfinished).toEqual([{ bot: "1", updateId: 7 }]);
    await bench.guard.handleUpdate(update, handler);
    expect(runs).toBe(1);
  });

  it("that Telegram never numbered has no scope and is never dropped", async () => {
    const bench = new GuardBench();
    const scopes: unknown[] = [];
    for (const updateId of [0, -5, 0, 1.5]) {
      await bench.guard.handleUpdate({ bot: "1", updateId }, async () => scopes.push(currentUpdate()));
    }
    expect(scopes).toEqual([undefined, undefined, undefined, undefined]);
  });

  it("with drop: false runs each time, in its scope: the sends protect themselves", async () => {
    const bench = new GuardBench();
    const handle = () => bench.guard.handleUpdate({ ...update, drop: false }, () => bench.say("a"));
    expect([(await handle())?.status, (await handle())?.status]).toEqual(["sent", "replayed"]);
  });

  it("handled by two guards around one handler runs once", async () => {
    const bench = new GuardBench();
    let runs = 0;
    const inner = () => bench.guard.handleUpdate(update, async () => ++runs);
    expect(await bench.guard.handleUpdate(update, inner)).toBe(1);
    expect(bench.events.updateDropped).toBeUndefined();
  });
});

describe("a concurrent duplicate", () => {
  const slow = (bench: GuardBench, ms: number, runs: number[]) => (each: GuardBench) =>
    each.guard.handleUpdate(update, async () => {
      runs.push(bench.now);
      await bench.clock.sleep(ms);
      return bench.now;
    });

  it.each(["one process", "two processes"])(
    "is held until the first ends, and dropped: %s",
    async (where) => {
      const bench = new GuardBench();
      const other = where === "one process" ? bench : bench.sibling();
      const runs: number[] = [];
      const handle = slow(bench, 3_000, runs);
      const both = await bench.clock.run(Promise.all([handle(bench), handle(other)]));
      expect(both).toEqual([3_000, undefined]);
      expect(runs).toEqual([0]);
      expect(bench.now).toBeLessThan(4_100);
    },
  );

  it.each(["one process", "two processes"])("runs after 8 s: %s", async (where) => {
    const bench = new GuardBench();
    const other = where === "one process" ? bench : bench.sibling();
    const runs: number[] = [];
    const handle = slow(bench, 20_000, runs);
    await bench.clock.run(Promise.all([handle(bench), handle(other)]));
    expect(runs).toEqual([0, 8_000]);
  });

  it("takes over when the first fails meanwhile", async () => {
    const bench = new GuardBench();
    let runs = 0;
    const handler = async () => {
      await bench.clock.sleep(1_000);
      if (++runs === 1) throw new Error("bug");
      return "second";
    };
    const [first, second] = [1, 2].map(() => bench.guard.handleUpdate(update, handler));
    await expect(bench.clock.run(first!)).rejects.toThrow("bug");
    expect(await bench.clock.run(second!)).toBe("second");
  });

  it("does not take over from a handler that is still at work after a minute", async () => {
    const bench = new GuardBench();
    const runs: number[] = [];
    const handle = slow(bench, 60_000, runs);
    const first = handle(bench);
    await bench.clock.advance(55_000);
    const second = handle(bench.sibling());
    await bench.clock.run(Promise.all([first, second]));
    expect(runs).toEqual([0]);
    expect(bench.clock.pending).toBe(0);
  });

  it("takes over at once from a process that has died", async () => {
    const bench = new GuardBench();
    const claim = { id: "update:7", mode: "update" } as const;
    const dead = { bot: "1", owner: "dead", attempt: 0, claim, rules: [], maxWaitUs: 0 };
    await bench.store.admit({ ...dead, leaseUs: 2_000_000, graceUs: 0, ttlUs: 86_400_000_000 });
    const ranAt = await bench.clock.run(bench.guard.handleUpdate(update, async () => bench.now));
    expect(ranAt).toBeGreaterThanOrEqual(2_000);
    expect(ranAt).toBeLessThan(3_100);
  });
});
