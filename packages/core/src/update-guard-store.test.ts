import { describe, expect, it } from "vitest";
import { createGuard } from "./guard.js";
import { insideUpdate, openUpdate } from "./scope.js";
import { memoryStore } from "./store/memory.js";
import type { Admission, RenewRequest, Store } from "./store/port.js";
import { GuardBench } from "./testing/guard-bench.js";
import { VirtualClock } from "./testing/virtual-clock.js";

const update = { bot: "1", updateId: 7 };
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A guard over a memory store some of whose verbs do something else, and what it says of that. */
function guardOver(changes: Partial<Store>) {
  const clock = new VirtualClock();
  const store = Object.assign(memoryStore({ clock }), changes);
  const guard = createGuard({ store, clock, logger: quiet });
  const errors: unknown[] = [];
  guard.on("storeError", ({ verb, message }) => errors.push([verb, message]));
  return { clock, guard, errors };
}

const fails = (error: unknown) => () => Promise.reject(error);

describe("an update whose store fails", () => {
  it.each<[unknown, string]>([
    [new Error("away"), "away"],
    ["away", "away"],
    [undefined, "undefined"],
  ])("to claim it is handled all the same, and an event says so: %s", async (error, message) => {
    const { guard, errors } = guardOver({ admit: fails(error) });
    expect(await guard.handleUpdate(update, async () => "handled")).toBe("handled");
    expect(errors).toEqual([["admit", message]]);
  });

  it("to claim it is rejected where it can be delivered again, before its handler runs", async () => {
    const { guard } = guardOver({ admit: fails(new Error("away")) });
    let runs = 0;
    const handled = guard.handleUpdate({ ...update, unclaimed: "reject" }, async () => ++runs);
    await expect(handled).rejects.toThrow("away");
    expect(runs).toBe(0);
  });

  it("to settle it has been handled all the same, and an event says so", async () => {
    const { guard, errors } = guardOver({ settle: fails(new Error("away")) });
    expect(await guard.handleUpdate(update, async () => "handled")).toBe("handled");
    expect(errors).toEqual([["settle", "away"]]);
  });

  it("to renew its claim goes on, and an event says so each time", async () => {
    const renewed: RenewRequest[] = [];
    const { clock, guard, errors } = guardOver({
      async renew(request) {
        renewed.push(request);
        throw new Error("away");
      },
    });
    const handled = guard.handleUpdate(update, () => clock.sleep(25_000));
    await clock.run(handled);
    expect(errors).toEqual(Array(2).fill(["renew", "away"]));
    expect(renewed[0]).toMatchObject({
      bot: "1",
      record: "update:7",
      attempt: 0,
      leaseUs: 30_000_000,
      rules: [],
    });
    expect(clock.pending).toBe(0);
  });
});

it("an update whose handler still runs when its guard closes is left to its lease", async () => {
  let renewals = 0;
  const { clock, guard } = guardOver({
    async renew() {
      renewals++;
      return true;
    },
  });
  const handled = guard.handleUpdate(update, () => clock.sleep(45_000));
  await clock.advance(15_000);
  await clock.run(guard.close());
  await clock.run(handled);
  expect(renewals).toBe(1);
  expect(clock.pending).toBe(0);
});

describe("an update that is handled elsewhere", () => {
  const busy: Admission = { status: "busy", state: "reserved", waitUs: 0, nowUs: 0 };

  it("is asked for again after 50, 100 … 1,000 ms, for eight seconds", async () => {
    const asked: number[] = [];
    const { clock, guard } = guardOver({
      async admit() {
        asked.push(clock.now() - from);
        return busy;
      },
    });
    const from = clock.now();
    expect(await clock.run(guard.handleUpdate(update, async () => clock.now() - from))).toBe(8_000);
    const pauses = asked.slice(1).map((at, n) => at - asked[n]!);
    expect(pauses).toEqual([50, 100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 450]);
  });

  it("is rejected after that where it can be delivered again, and the error says so", async () => {
    const { clock, guard } = guardOver({ admit: async () => busy });
    const handled = guard.handleUpdate({ ...update, unclaimed: "reject" }, async () => {});
    const ended = expect(handled).rejects.toMatchObject({
      code: "idempotency_conflict",
      reason: "busy",
      message: expect.stringMatching(/handled elsewhere; have it delivered again/),
    });
    await clock.run(handled.catch(() => {}));
    await ended;
  });
});

describe("in one process", () => {
  it("a duplicate waits for its own update, not for another that is still at work", async () => {
    const bench = new GuardBench();
    const handle = (updateId: number, ms: number) =>
      bench.guard.handleUpdate({ bot: "1", updateId }, () => bench.clock.sleep(ms));
    const others = [handle(1, 200), handle(2, 6_000)];
    const endedAt = handle(1, 0).then(() => bench.now);
    await bench.clock.run(Promise.all([...others, endedAt]));
    expect(await endedAt).toBe(200);
  });

  it("a duplicate is told of the end of the first at once, though a store had it look again later", async () => {
    const bench = new GuardBench();
    const first = bench.guard.handleUpdate(update, () => bench.clock.sleep(3_000));
    const endedAt = bench.guard.handleUpdate(update, async () => {}).then(() => bench.now);
    await bench.clock.run(Promise.all([first, endedAt]));
    expect(await endedAt).toBe(3_000);
  });

  it("an update that is handled inside another one's handler is claimed by itself", async () => {
    for (const inner of [
      { bot: "2", updateId: 7 },
      { bot: "1", updateId: 8 },
    ]) {
      const bench = new GuardBench();
      let runs = 0;
      const both = () =>
        bench.guard.handleUpdate(update, () => bench.guard.handleUpdate(inner, async () => ++runs));
      await both();
      await bench.guard.handleUpdate(inner, async () => ++runs);
      expect([runs, bench.events.updateDropped]).toEqual([1, [inner]]);
    }
  });

  it("an update whose scope somebody else has opened is claimed all the same", async () => {
    const bench = new GuardBench();
    let runs = 0;
    for (let n = 0; n < 2; n++) {
      const scope = openUpdate("1", 7);
      expect(scope?.claimed).toBe(false);
      await insideUpdate(scope, () => bench.guard.handleUpdate(update, async () => ++runs));
    }
    expect(runs).toBe(1);
  });

  it("a handler that ends unfinished warns once, with the remedy", async () => {
    const warned: string[] = [];
    const logger = { ...quiet, warn: (_: object, message: string) => void warned.push(message) };
    const bench = new GuardBench({ logger });
    const conflict = Object.assign(new Error("409"), { parameters: { sendonce: { code: "ambiguous" } } });
    for (const updateId of [1, 2]) {
      await bench.guard.handleUpdate({ bot: "1", updateId }, () => Promise.reject(conflict));
    }
    expect(warned.filter((message) => /handler/.test(message))).toHaveLength(1);
  });
});
