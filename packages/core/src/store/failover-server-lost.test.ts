import { describe, expect, it } from "vitest";
import { StoreUnavailable } from "../errors.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { FailoverStore, type WhenStoreDown } from "./failover.js";
import { memoryStore } from "./memory.js";
import type { Settlement, Store } from "./port.js";

const second = 1_000_000;

/** A process before a server that can be restarted, hang, and lose its answers. */
function before(whenStoreDown: WhenStoreDown = "local") {
  const clock = new VirtualClock();
  let server = memoryStore({ clock });
  let connectedAtMs = clock.now();
  let fate: (verb: string) => Promise<void> = async () => {};
  let losesAnswers = false;
  let asked = 0;
  const shared = new Proxy({} as Store, {
    get(_, member: string) {
      if (member === "name") return "server";
      if (member === "commandTimeoutMs") return 500;
      if (member === "connectedAtMs") return connectedAtMs;
      const verb = Reflect.get(server, member) as unknown;
      if (typeof verb !== "function") return undefined;
      return async (...args: unknown[]) => {
        asked++;
        await fate(member);
        const answer = await verb.apply(server, args);
        if (losesAnswers) throw new StoreUnavailable("no answer");
        return answer;
      };
    },
  });
  const store = new FailoverStore(shared, { whenStoreDown, clock, onMode: () => {} });
  const whose = (owner: string) => ({ bot: "1", owner, attempt: 0, rules: [], ttlUs: 1_800 * second });
  return {
    clock,
    asked: () => asked,
    inspect: (id: string) => server.inspect("1", id),
    restartEmpty() {
      server = memoryStore({ clock });
      connectedAtMs = clock.now();
    },
    befall(what: (verb: string) => Promise<void>) {
      fate = what;
    },
    loseAnswers(on: boolean) {
      losesAnswers = on;
    },
    admit: (owner: string, id = "r") =>
      store.admit({
        ...whose(owner),
        claim: { id, mode: "send" },
        maxWaitUs: 0,
        leaseUs: 30 * second,
        graceUs: 10 * second,
      }),
    settle: (owner: string, as: Settlement, id = "r") => store.settle({ ...whose(owner), record: id, as }),
  };
}

const gone = async () => {
  throw new StoreUnavailable("gone");
};

describe("a server that loses what it was told", () => {
  it.each(["done", "ambiguous"] as const)(
    "while the request is open: the process that ended it as %s still knows, and tells it again",
    async (as) => {
      const { clock, admit, settle, restartEmpty, inspect } = before();
      await clock.advance(1_000);
      expect(await admit("a")).toMatchObject({ status: "go" });
      await clock.advance(1_000);
      restartEmpty();
      await clock.advance(1_000);
      await settle("a", as);
      await clock.advance(2_000);
      expect(await admit("b")).toMatchObject({ status: as });
      expect(await inspect("r")).toMatchObject({ state: as });
    },
  );
});

describe("a store that hangs", () => {
  it("is probed by one caller at a time, and nobody stands behind the probe", async () => {
    const { clock, admit, befall, asked } = before();
    befall(async () => {
      await clock.sleep(500);
      throw new StoreUnavailable("timed out");
    });
    await clock.run(Promise.all([1, 2, 3].map((i) => admit(`x${i}`, `x${i}`))));
    await clock.advance(900);
    const askedBefore = asked();
    const waited: number[] = [];
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      const from = clock.now();
      calls.push(admit(`y${i}`, `y${i}`).then(() => waited.push(clock.now() - from)));
      await clock.advance(20);
    }
    await clock.run(Promise.all(calls));
    expect(Math.max(...waited)).toBeLessThanOrEqual(500);
    expect(asked() - askedBefore).toBeLessThanOrEqual(2);
  });
});

describe("reject", () => {
  it("what may have been carried out is taken back, however many were refused without being asked", async () => {
    const { clock, admit, befall, loseAnswers, inspect, asked } = before("reject");
    loseAnswers(true);
    befall((verb) => (verb === "settle" ? gone() : Promise.resolve()));
    for (let i = 0; i < 3; i++) await expect(admit(`x${i}`, `x${i}`)).rejects.toThrow();
    expect(await inspect("x0")).toMatchObject({ state: "sending" });
    befall(gone);
    for (let i = 0; i < 10_100; i++) await admit(`y${i}`, `y${i}`).catch(() => {});
    await clock.advance(3_000);
    loseAnswers(false);
    befall(async () => {});
    const askedBefore = asked();
    await clock.advance(20_000);
    expect(await inspect("x0")).toBeUndefined();
    expect(asked() - askedBefore).toBeLessThan(100);
  });
});
