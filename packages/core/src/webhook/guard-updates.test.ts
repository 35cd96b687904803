import { describe, expect, it } from "vitest";
import { RateLimitExceeded, StoreUnavailable } from "../errors.js";
import { refusalResponse } from "../refusal.js";
import { currentUpdate } from "../scope.js";
import { memoryStore } from "../store/memory.js";
import type { Store } from "../store/port.js";
import { failed, flood, GuardBench } from "../testing/guard-bench.js";
import { guardUpdates } from "./guard-updates.js";

const token = "1:secret";
const update = { update_id: 7, message: { from: { id: 5 }, chat: { id: 5 } } };
const taken = (outcome: string) => ({ status: 200, headers: {}, outcome });
const later = (seconds: number) => ({
  status: 503,
  headers: { "Retry-After": String(seconds) },
  outcome: "wait",
});

const onceOf = (bench: GuardBench) => guardUpdates(token, bench.guard);

describe("an update", () => {
  it("is handled once: a redelivery is answered 200 and dropped, in every process", async () => {
    const bench = new GuardBench();
    let runs = 0;
    const handle = (each: GuardBench) => bench.clock.run(onceOf(each)(update, () => runs++));
    expect(await handle(bench)).toEqual(taken("handled"));
    expect(await handle(bench)).toEqual(taken("dropped"));
    expect(await handle(bench.sibling())).toEqual(taken("dropped"));
    expect(runs).toBe(1);
  });

  it("opens the scope of its handler, with its sender", async () => {
    const bench = new GuardBench();
    let scope: unknown;
    await onceOf(bench)(update, () => {
      scope = currentUpdate();
    });
    expect(scope).toMatchObject({ bot: "1", updateId: 7, userId: 5 });
  });

  it("is counted under the namespace, where there is one", async () => {
    const bench = new GuardBench({ namespace: "mine" });
    let scope: unknown;
    await onceOf(bench)(update, () => {
      scope = currentUpdate();
    });
    expect(scope).toMatchObject({ bot: "mine" });
  });

  it("whose handler throws is free again, and the server gets the very error", async () => {
    const bench = new GuardBench();
    const bug = new Error("bug");
    const once = onceOf(bench);
    await expect(
      once(update, () => {
        throw bug;
      }),
    ).rejects.toBe(bug);
    expect(await once(update, () => {})).toEqual(taken("handled"));
  });

  it("whose handler ended in a send of unknown outcome is finished", async () => {
    const bench = new GuardBench();
    bench.answers(failed("ECONNRESET"));
    const once = onceOf(bench);
    const handler = async () => {
      await bench.say("a");
      const again = await bench.say("a");
      if (again.status === "ambiguous") throw Object.assign(new Error("409"), refusalResponse(again));
    };
    expect(await once(update, handler)).toEqual(taken("unfinished"));
    expect(await once(update, handler)).toEqual(taken("dropped"));
  });

  it.each([undefined, null, "text", {}, { update_id: "7" }, { update_id: 1.5 }])(
    "that is none is answered 400, and nothing runs: %j",
    async (none) => {
      const answer = await onceOf(new GuardBench())(none, () => expect.unreachable());
      expect(answer).toEqual({ status: 400, headers: {}, outcome: "malformed" });
    },
  );

  it("that Telegram never numbered is handled each time", async () => {
    const once = onceOf(new GuardBench());
    let runs = 0;
    for (let i = 0; i < 2; i++) expect(await once({ update_id: 0 }, () => runs++)).toEqual(taken("handled"));
    expect(runs).toBe(2);
  });
});

describe("Telegram is told to come again", () => {
  it.each(["one process", "two processes"])(
    "when it is being handled for longer than it is held: %s",
    async (where) => {
      const bench = new GuardBench();
      const other = where === "one process" ? bench : bench.sibling();
      let runs = 0;
      const handler = async () => {
        runs++;
        await bench.clock.sleep(20_000);
      };
      const first = onceOf(bench)(update, handler);
      await bench.clock.advance(1);
      const from = bench.now;
      expect(await bench.clock.run(onceOf(other)(update, handler))).toEqual(later(5));
      expect(Math.round(bench.now - from)).toBe(8_000);
      expect(await bench.clock.run(first)).toEqual(taken("handled"));
      expect(await bench.clock.run(onceOf(other)(update, handler))).toEqual(taken("dropped"));
      expect(runs).toBe(1);
    },
  );

  it("while the lease of a process that has died runs, then it is handled", async () => {
    const bench = new GuardBench();
    const claim = { id: "update:7", mode: "update" } as const;
    const dead = { bot: "1", owner: "dead", attempt: 0, claim, rules: [], maxWaitUs: 0 };
    await bench.store.admit({ ...dead, leaseUs: 30_000_000, graceUs: 0, ttlUs: 86_400_000_000 });
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== "handled") {
      outcomes.push((await bench.clock.run(onceOf(bench)(update, () => {}))).outcome);
      await bench.clock.advance(5_000);
    }
    expect(outcomes).toEqual(["wait", "wait", "handled"]);
  });

  it("when the handler ended in a refusal of ours, at the time that it names; then it runs again", async () => {
    const bench = new GuardBench({ maxWaitMs: 1_000 });
    bench.answers(flood(40));
    const once = onceOf(bench);
    const handler = async () => {
      const sent = await bench.start({ chat_id: 5, text: "a" });
      const next = sent.status === "sent" ? sent : await bench.start({ chat_id: 5, text: "b" });
      if (next.status === "rate_limited")
        throw Object.assign(new Error("in a framework's clothes"), { error: refusalResponse(next) });
    };
    expect(await bench.clock.run(once(update, handler))).toEqual(later(40));
    await bench.clock.advance(41_000);
    expect(await bench.clock.run(once(update, handler))).toEqual(taken("handled"));
  });

  it("when the handler ended in a 429 of Telegram's own", async () => {
    const once = onceOf(new GuardBench());
    const flooded = { error_code: 429, description: "Too Many Requests", parameters: { retry_after: 7 } };
    for (const error of [
      flooded,
      Object.assign(new Error("429"), { ...flooded, code: 429 }),
      { error: flooded },
    ]) {
      const answer = await once(update, () => Promise.reject(error));
      expect(answer).toEqual(later(7));
    }
  });

  it("within the hour that it waits at most", async () => {
    const once = onceOf(new GuardBench());
    const answer = await once(update, () => {
      throw new RateLimitExceeded("a limit of the handler's own", 90_000_000);
    });
    expect(answer).toEqual(later(3_600));
  });

  it("without the store, under whenStoreDown reject: nothing runs", async () => {
    const bench = new GuardBench({ store: away(), whenStoreDown: "reject" });
    expect(await bench.clock.run(onceOf(bench)(update, () => expect.unreachable()))).toEqual(later(5));
  });

  it("not without the store under local: this process guards itself", async () => {
    const bench = new GuardBench({ store: away() });
    const once = onceOf(bench);
    expect(await bench.clock.run(once(update, () => {}))).toEqual(taken("handled"));
    expect(await bench.clock.run(once(update, () => {}))).toEqual(taken("dropped"));
  });
});

/** A store that is not there. */
function away(): Store {
  const gone = async () => {
    throw new StoreUnavailable("no store");
  };
  return {
    ...memoryStore(),
    name: "away",
    embedded: false,
    admit: gone,
    settle: gone,
    renew: gone,
    freeze: gone,
    stats: gone,
    inspect: gone,
    reset: gone,
    sweep: gone,
    ping: gone,
    close: async () => {},
  };
}

it("a token that is none is an error of configuration that does not show it", () => {
  expect(() => guardUpdates("nonsense")).toThrow(/token/);
  expect(() => guardUpdates("nonsense")).not.toThrow(/nonsense/);
});
