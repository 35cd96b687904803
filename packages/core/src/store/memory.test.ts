import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { storeContract } from "../testing/index.js";
import { bucket, leaseUs, minute, second, ttlUs, window } from "../testing/laws/bench.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { type MemoryStore, memoryStore } from "./memory.js";
import type { AdmitRequest, RuleCharge } from "./port.js";

describe("the memory store keeps the contract", () => {
  storeContract(it, () => memoryStore());
});

const whose = (owner: string) => ({ bot: "1", owner, attempt: 0 });

function admit(store: MemoryStore, id: string, nowUs: number, rules: RuleCharge[] = []) {
  const request: AdmitRequest = {
    ...whose(id),
    claim: { id, mode: "send" },
    rules,
    maxWaitUs: 10 * minute,
    leaseUs,
    graceUs: 10 * second,
    ttlUs,
    nowUs,
  };
  return store.admit(request);
}

async function sent(store: MemoryStore, id: string, nowUs: number) {
  await admit(store, id, nowUs);
  await store.settle({ ...whose(id), record: id, as: "done", ttlUs, rules: [], nowUs });
}

describe("a memory store that is full", () => {
  it("drops the oldest DONE first and tells how many", async () => {
    let dropped = 0;
    const store = memoryStore({
      maxRecords: 3,
      onDropped: (count) => {
        dropped += count;
      },
    });
    for (const id of ["a", "b", "c", "d", "e"]) await sent(store, id, 1);
    const states = await Promise.all(["a", "b", "c", "d", "e"].map((id) => store.inspect("1", id, 1)));
    expect(states.map((view) => view?.state)).toEqual([undefined, undefined, "done", "done", "done"]);
    expect(dropped).toBe(2);
  });

  it("never drops a record that is RESERVED, SENDING or AMBIGUOUS", async () => {
    const store = memoryStore({ maxRecords: 1 });
    const once = bucket(1, minute);
    await admit(store, "sending", 1, [once]);
    await admit(store, "reserved", 1, [once]);
    await admit(store, "unknown", 1);
    await store.settle({
      ...whose("unknown"),
      record: "unknown",
      as: "ambiguous",
      ttlUs,
      rules: [],
      nowUs: 1,
    });
    for (let i = 0; i < 100; i++) await sent(store, `done${i}`, 2);
    const states = await Promise.all(
      ["sending", "reserved", "unknown"].map((id) => store.inspect("1", id, 2)),
    );
    expect(states.map((view) => view?.state)).toEqual(["sending", "reserved", "ambiguous"]);
  });
});

describe("a memory store", () => {
  it("forgets what has expired under ordinary writes, records and rules", async () => {
    const store = memoryStore();
    for (let i = 0; i < 1_000; i++) {
      const rule = window(20, minute, { key: `chat:${i}` });
      await admit(store, `r${i}`, i, [rule]);
    }
    const later = 2 * ttlUs;
    for (let i = 0; i < 1_100; i++) await admit(store, `n${i}`, later, [bucket(1, second, { key: `n${i}` })]);
    const { records, rules } = await store.ping();
    expect(records).toBe(1_100);
    expect(rules).toBe(1_100);
  });

  it("sweeps what has expired, counts it, and pings what is left", async () => {
    const store = memoryStore();
    await sent(store, "old", 1);
    await admit(store, "older", 1, [bucket(1, second)]);
    await sent(store, "new", ttlUs);
    expect(await store.sweep(ttlUs + 1)).toBe(3);
    expect(await store.ping()).toMatchObject({ records: 1, rules: 0 });
    expect(await store.sweep(ttlUs + 1)).toBe(0);
  });

  it("reads the time from its clock", async () => {
    const clock = new VirtualClock(1_000);
    const store = memoryStore({ clock });
    expect((await store.ping()).nowUs).toBe(1_000_000);
    await clock.advance(0.5);
    expect((await store.ping()).nowUs).toBe(1_000_500);
  });

  it("holds no timer: a script that used it exits by itself", () => {
    const script = `
      const { memoryStore } = await import(${JSON.stringify(fileURLToPath(new URL("./memory.ts", import.meta.url)))});
      const store = memoryStore();
      const { status } = await store.admit({
        bot: "1", owner: "a", attempt: 0, claim: { id: "r", mode: "send" }, rules: [],
        maxWaitUs: 0, leaseUs: 30e6, graceUs: 10e6, ttlUs: 60e6,
      });
      console.log(status);
    `;
    const args = ["--import", "tsx", "--input-type=module", "--eval", script];
    expect(execFileSync(process.execPath, args, { timeout: 10_000, encoding: "utf8" })).toBe("go\n");
  });
});
