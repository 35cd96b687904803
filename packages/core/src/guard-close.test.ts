import { describe, expect, test } from "vitest";
import type { Delivery } from "./call.js";
import { createGuard } from "./guard.js";
import { window } from "./limiter/rules.js";
import { memoryStore } from "./store/memory.js";
import { flood, GuardBench, ok } from "./testing/guard-bench.js";
import { VirtualClock } from "./testing/virtual-clock.js";

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** One message per chat and 10 s, so that a second one waits. */
const oneAtATime = {
  limits: { chat: window({ limit: 1, perMs: 10_000 }), bulk: false, global: false },
} as const;

/** Lets everything go on that needs no time. */
const breathe = (bench: GuardBench) => bench.clock.advance(0);

/** Closes, and answers how long that took and what the event said. */
async function closed(bench: GuardBench, timeoutMs?: number) {
  const told: unknown[] = [];
  bench.guard.on("closed", (event) => told.push(event));
  const from = bench.now;
  await bench.clock.run(bench.guard.close(timeoutMs === undefined ? {} : { timeoutMs }));
  return { took: bench.now - from, told };
}

const statusOf = (delivery: Promise<Delivery>) => delivery.then(({ status }) => status);

describe("a guard that closes", () => {
  test("refuses at once who waits for a turn, and gives the turn back", async () => {
    const bench = new GuardBench(oneAtATime);
    await bench.say("a");
    const waiting = [bench.start({ chat_id: 5, text: "b" }), bench.start({ chat_id: 5, text: "c" })];
    await breathe(bench);
    expect(await closed(bench)).toEqual({ took: 0, told: [{ unfinished: 0 }] });
    for (const one of waiting) expect(await one).toMatchObject({ status: "closed", attempts: 0 });
    const other = bench.sibling();
    await bench.clock.advance(10_300);
    await other.say("c");
    expect(bench.texts).toEqual(["a", "c"]);
    expect(bench.now).toBeLessThan(11_000);
  });

  test("refuses who waits for a thaw after a 429, who follows a twin, and what only edits", async () => {
    const bench = new GuardBench({ edits: "coalesce" });
    bench.answers(flood(30));
    const flooded = bench.start({ chat_id: 5, text: "a" });
    const twin = bench.start({ chat_id: 5, text: "a" });
    await breathe(bench);
    const reaction = bench.start({ chat_id: 5, message_id: 1 }, { method: "setMessageReaction" });
    const edit = { chat_id: 5, message_id: 1, text: "x" };
    const edits = [1, 2].map((n) => bench.start({ ...edit, text: `${n}` }, { method: "editMessageText" }));
    await breathe(bench);
    expect((await closed(bench)).took).toBe(0);
    for (const one of [flooded, twin, reaction, ...edits]) expect(await statusOf(one)).toBe("closed");
    expect(bench.requests).toHaveLength(1);
  });

  test("an edit that goes after an open one is refused, and the open one ends", async () => {
    const bench = new GuardBench({ edits: "coalesce" });
    bench.answers(bench.after(3_000, ok(true)));
    const edit = (text: string) =>
      bench.start({ chat_id: 5, message_id: 1, text }, { method: "editMessageText" });
    const open = edit("one");
    await breathe(bench);
    const next = edit("two");
    await breathe(bench);
    const end = bench.guard.close();
    expect(await statusOf(next)).toBe("closed");
    expect(bench.now).toBe(0);
    await bench.clock.run(end);
    expect(bench.now).toBe(3_000);
    expect(await statusOf(open)).toBe("sent");
  });

  test("refuses who waits for a slot of a cap", async () => {
    const bench = new GuardBench({ caps: { uploads: { limit: 1, methods: ["sendVideo"] } } });
    bench.answers(bench.after(2_000));
    const video = (file: string) => bench.start({ chat_id: 5, video: file }, { method: "sendVideo" });
    const open = video("a");
    await breathe(bench);
    const waiting = [video("b"), video("c")];
    await breathe(bench);
    const end = bench.guard.close();
    for (const one of waiting) expect(await statusOf(one)).toBe("closed");
    expect(bench.now).toBe(0);
    await bench.clock.run(end);
    expect(bench.now).toBe(2_000);
    expect(await statusOf(open)).toBe("sent");
  });

  test("holds no duplicate of an update any longer", async () => {
    const bench = new GuardBench();
    const other = bench.sibling();
    const update = { bot: "1", updateId: 1 };
    void other.guard.handleUpdate(update, () => bench.clock.sleep(60_000));
    await breathe(bench);
    const held = bench.guard.handleUpdate({ ...update, unclaimed: "reject" }, async () => "ran");
    const refused = expect(held).rejects.toMatchObject({ code: "idempotency_conflict" });
    await breathe(bench);
    expect((await closed(bench)).took).toBe(0);
    await refused;
  });

  test("gives open requests its time-out; what is open then is left to its lease, and told", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(50_000), bench.after(5_000));
    const slow = bench.start({ chat_id: 5, text: "slow" });
    const quick = bench.start({ chat_id: 6, text: "quick" });
    await breathe(bench);
    expect(await closed(bench)).toEqual({ took: 8_000, told: [{ unfinished: 1 }] });
    expect(await statusOf(quick)).toBe("sent");
    const other = bench.sibling();
    await bench.clock.advance(31_000);
    expect(await other.say("slow")).toMatchObject({ status: "ambiguous" });
    // Its own owner may still tell how it ended.
    expect(await bench.clock.run(statusOf(slow))).toBe("sent");
    expect(await other.say("slow")).toMatchObject({ status: "replayed" });
    expect(bench.clock.pending).toBe(0);
  });

  test("`timeoutMs` is the caller's; a wrong one is named", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(50_000));
    const open = bench.start({ chat_id: 5, text: "slow" });
    await breathe(bench);
    await expect(bench.guard.close({ timeoutMs: -1 })).rejects.toThrow(/close\(\{ timeoutMs \}\)/);
    await expect(bench.guard.close({ timeout: 1 } as never)).rejects.toThrow(/unknown option `timeout`/);
    expect((await bench.say("still taken", 6)).status).toBe("sent");
    expect(await closed(bench, 100)).toEqual({ took: 100, told: [{ unfinished: 1 }] });
    await bench.clock.run(open);
  });

  test("called twice, both wait for one end", async () => {
    const bench = new GuardBench();
    bench.answers(bench.after(1_000));
    void bench.start({ chat_id: 5, text: "a" });
    await breathe(bench);
    const ends: number[] = [];
    const both = [bench.guard.close(), bench.guard.close({ timeoutMs: 1 })];
    await bench.clock.run(Promise.all(both.map((one) => one.then(() => ends.push(bench.now)))));
    expect(ends).toEqual([1_000, 1_000]);
    expect((await closed(bench)).told).toEqual([]);
  });

  test("is bounded also where its own store does not come to an end", async () => {
    const clock = new VirtualClock();
    const store = memoryStore({ clock });
    const never = () => new Promise<void>(() => {});
    const guard = createGuard({ clock, logger: quiet }, Object.assign(store, { close: never }));
    const from = clock.now();
    await clock.run(guard.close({ timeoutMs: 0 }));
    expect(clock.now() - from).toBeLessThanOrEqual(1_000);
  });
});
