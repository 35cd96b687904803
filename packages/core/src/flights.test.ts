import { describe, expect, it } from "vitest";
import type { Delivery, RefusalCode } from "./call.js";
import { copyOf, Flights } from "./flights.js";
import type { Job } from "./job.js";
import { refuse } from "./refusal.js";
import { VirtualClock } from "./testing/virtual-clock.js";

const never = new AbortController().signal;
const facts = { key: "cabc", scope: "content", attempts: 1, waitedMs: 0 } as const;

/** A leader whose call ends as told, a second later, and a follower that came at once. */
function bench(content: readonly (string | undefined)[] = [undefined, undefined], patienceMs = 60_000) {
  const clock = new VirtualClock();
  const flights = new Flights(clock, "wait");
  let leads = 0;
  const job = (n: number) =>
    ({
      call: { bot: "1", method: "sendMessage", payload: {} },
      identity: { id: "cabc", scope: "content", aliases: [], content: content[n], end() {} },
      ...{ closing: never, signal: undefined, deadline: clock.now() + patienceMs, requests: 0, waitedMs: 0 },
    }) as unknown as Job;
  const share = (n: number, end: () => Delivery) =>
    flights.share(job(n), async () => {
      leads++;
      await clock.sleep(1_000);
      return end();
    });
  const both = (end: () => Delivery) => {
    const each = [0, 1].map((n) => Promise.resolve(share(n, end)));
    return clock.run(Promise.allSettled(each));
  };
  return { clock, both, leads: () => leads };
}

const told = (outcome: PromiseSettledResult<Delivery> | undefined) =>
  outcome?.status === "fulfilled" ? outcome.value : undefined;

describe("a follower", () => {
  it.each<RefusalCode>(["aborted", "rate_limited", "busy", "closed", "store_unavailable"])(
    "takes the lead from one that did not send for reasons of its own: %s",
    async (code) => {
      const { both, leads } = bench();
      await both(() => refuse(facts, code));
      expect(leads()).toBe(2);
    },
  );

  it("takes the lead from one that broke", async () => {
    const { both, leads } = bench();
    const [leader, follower] = await both(() => {
      throw new Error("bug");
    });
    expect([leader?.status, follower?.status, leads()]).toEqual(["rejected", "rejected", 2]);
  });

  it.each<[string, Delivery]>([
    ["an unknown outcome", refuse(facts, "ambiguous")],
    ["another content in the store", refuse(facts, "mismatch")],
    ["a failure", { ...facts, status: "failed", outcome: "rejected", reply: { type: "failure", error: 1 } }],
  ])("shares what holds for both: %s", async (_, end) => {
    const { both, leads } = bench();
    const [, follower] = await both(() => end);
    expect(leads()).toBe(1);
    expect(told(follower)).toEqual({ ...end, attempts: 0, waitedMs: 1_000 });
  });

  it.each(["sent", "replayed"] as const)(
    "is told that what its leader %s was replayed, as a copy",
    async (status) => {
      const result = { message_id: 1 };
      const { both } = bench();
      const [, follower] = await both(() => ({ ...facts, status, result }));
      expect(told(follower)).toEqual({ ...facts, status: "replayed", result, attempts: 0, waitedMs: 1_000 });
      expect((told(follower) as { result: unknown }).result).not.toBe(result);
    },
  );

  it("waits no longer than its patience, and is told when to come again", async () => {
    const { both } = bench([undefined, undefined], 400);
    const [, follower] = await both(() => ({ ...facts, status: "sent", result: 1 }));
    expect(told(follower)).toMatchObject({ status: "busy", retryAfterMs: 1_000, waitedMs: 400 });
  });

  it.each([
    ["one", "other", "mismatch"],
    ["one", "one", "replayed"],
    ["one", undefined, "replayed"],
    [undefined, "other", "replayed"],
  ])("of content %s under the key of %s: %s", async (own, other, status) => {
    const [, follower] = await bench([other, own]).both(() => ({ ...facts, status: "sent", result: 1 }));
    expect(told(follower)?.status).toBe(status);
  });
});

it("what JSON cannot carry is shared rather than copied", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  expect(copyOf(cycle)).toBe(cycle);
  expect(copyOf(undefined)).toBeUndefined();
});
