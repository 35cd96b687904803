import { describe, expect, it } from "vitest";
import { VirtualClock } from "./virtual-clock.js";

describe("the virtual clock", () => {
  it("wakes sleepers in the order of their times, and lets them work in between", async () => {
    const clock = new VirtualClock(0);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ...naps: number[]) => {
      for (const nap of naps) {
        await clock.sleep(nap);
        woken.push([name, clock.now()]);
      }
    };
    void sleeper("a", 10, 30);
    void sleeper("b", 20, 5);
    await clock.advance(30);
    expect(woken).toEqual([
      ["a", 10],
      ["b", 20],
      ["b", 25],
    ]);
    expect(clock.now()).toBe(30);
    await clock.advance(10);
    expect(woken.at(-1)).toEqual(["a", 40]);
  });

  it("runs ahead until the work is done, and no further", async () => {
    const clock = new VirtualClock(0);
    void clock.sleep(1_000_000);
    expect(await clock.run(clock.sleep(5_000).then(() => "done"))).toBe("done");
    expect(clock.now()).toBe(5_000);
  });

  it("passes on what the work throws", async () => {
    const clock = new VirtualClock(0);
    const work = clock.sleep(5).then(() => Promise.reject(new Error("no")));
    await expect(clock.run(work)).rejects.toThrow("no");
  });

  it("ticks until it is told to stop", async () => {
    const clock = new VirtualClock(0);
    let ticks = 0;
    const stop = clock.every(10, () => ticks++);
    await clock.advance(35);
    stop();
    await clock.advance(100);
    expect(ticks).toBe(3);
    expect(clock.pending).toBe(0);
  });

  it("ends a sleep when its signal aborts, or has", async () => {
    const clock = new VirtualClock(0);
    const abort = new AbortController();
    const sleeping = clock.sleep(1_000, abort.signal);
    abort.abort();
    await sleeping;
    await clock.sleep(1_000, abort.signal);
    expect([clock.now(), clock.pending]).toEqual([0, 0]);
  });
});
