import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { BoundedMap } from "./bounded-map.js";

interface Entry {
  readonly expires?: number;
  readonly pinned?: boolean;
}

function boundedTo(limit: number) {
  const dropped: number[] = [];
  const map = new BoundedMap<Entry>({
    limit,
    isExpired: ({ expires = Number.POSITIVE_INFINITY }, now) => expires <= now,
    mayDrop: ({ pinned }) => !pinned,
    onDropped: (count) => dropped.push(count),
  });
  return { map, dropped };
}

const keysOf = (map: BoundedMap<Entry>, names: readonly string[]) => names.filter((name) => map.get(name));

describe("a bounded map", () => {
  it("drops the entry that was written longest ago", () => {
    const { map, dropped } = boundedTo(2);
    for (const name of ["a", "b", "a", "c"]) map.set(name, {}, 0);
    expect(keysOf(map, ["a", "b", "c"])).toEqual(["a", "c"]);
    expect(dropped).toEqual([1]);
  });

  it("grows rather than drop what must stay", () => {
    const { map, dropped } = boundedTo(2);
    for (let i = 0; i < 200; i++) map.set(`pinned${i}`, { pinned: true }, 0);
    expect(map.size).toBe(200);
    expect(dropped).toEqual([]);
  });

  it("finds what may go behind any number of old entries that must stay", () => {
    const { map } = boundedTo(300);
    for (let i = 0; i < 200; i++) map.set(`pinned${i}`, { pinned: true }, 0);
    for (let i = 0; i < 5_000; i++) map.set(`done${i}`, {}, 0);
    expect(map.size).toBe(300);
    expect(map.get("pinned0")).toBeDefined();
    expect(map.get("done4999")).toBeDefined();
    expect(map.get("done0")).toBeUndefined();
  });

  it("drops an expired entry without a word", () => {
    const { map, dropped } = boundedTo(1);
    map.set("a", { expires: 5 }, 0);
    map.set("b", {}, 10);
    expect(map.size).toBe(1);
    expect(dropped).toEqual([]);
  });

  it("forgets expired entries under ordinary writes: no more than half of what is held is stale", () => {
    const { map } = boundedTo(Number.POSITIVE_INFINITY);
    for (let now = 0; now < 20_000; now++) map.set(`k${now}`, { expires: now + 100 }, now);
    expect(map.size).toBeLessThan(400);
  });

  it("sweeps all that has expired and tells how many", () => {
    const { map } = boundedTo(100);
    for (let i = 0; i < 10; i++) map.set(`k${i}`, { expires: i < 4 ? 1 : 9 }, 0);
    expect(map.sweep(5)).toBe(4);
    expect(map.size).toBe(6);
    expect(map.delete("k9")).toBe(true);
    expect(map.delete("k9")).toBe(false);
  });

  it("keeps nothing of what is gone, however much has passed through it", () => {
    const { map } = boundedTo(Number.POSITIVE_INFINITY);
    const pass = (from: number, to: number) => {
      for (let i = from; i < to; i++) map.set(`a key of some length ${i}`, { expires: i + 1_000 }, i);
    };
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const heap = () => {
      collect();
      return process.memoryUsage().heapUsed;
    };
    pass(0, 50_000);
    const early = heap();
    pass(50_000, 350_000);
    expect(heap() - early).toBeLessThan(10_000_000);
  });
});
