import { describe, expect, test } from "vitest";
import { tokenBucket } from "./limiter/rules.js";
import { flood, GuardBench } from "./testing/guard-bench.js";

const limits = { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }) };
const edit = (text: string, message = 9, chat = 5) => ({ chat_id: chat, message_id: message, text });
const how = { method: "editMessageText" };

describe("edits that coalesce", () => {
  test("nobody joins an edit that all have left", async () => {
    const bench = new GuardBench({ limits: false, edits: "coalesce" });
    bench.answers(bench.after(500));
    const leaves = new AbortController();
    const first = bench.start(edit("first"), how);
    await bench.clock.advance(10);
    const second = bench.start(edit("second"), { ...how, signal: leaves.signal });
    await bench.clock.advance(10);
    leaves.abort();
    await bench.clock.advance(10);
    const third = bench.start(edit("third"), how);
    const [, left, joined] = await bench.clock.run(Promise.all([first, second, third]));
    expect([left.status, joined.status, bench.texts]).toEqual(["aborted", "sent", ["first", "third"]]);
  });

  test("one whose signal has aborted already takes nothing from the others", async () => {
    const bench = new GuardBench({ limits: false, edits: "coalesce" });
    bench.answers(bench.after(500));
    const first = bench.start(edit("first"), how);
    await bench.clock.advance(10);
    const second = bench.start(edit("second"), how);
    const late = bench.start(edit("third"), { ...how, signal: AbortSignal.abort() });
    const [, sent, aborted] = await bench.clock.run(Promise.all([first, second, late]));
    expect([sent.status, aborted.status, bench.texts]).toEqual(["sent", "aborted", ["first", "second"]]);
  });

  test("of several that wait, the last text wins, at the pace of the chat", async () => {
    const bench = new GuardBench({ limits, edits: "coalesce" });
    const words = "one two three four five six seven eight nine ten".split(" ");
    const all = words.map((_, i) => words.slice(0, i + 1).join(" "));
    const calls = [];
    for (const text of all) {
      calls.push(bench.start(edit(text), how));
      await bench.clock.advance(250);
    }
    const deliveries = await bench.clock.run(Promise.all(calls));
    expect(bench.texts[0]).toBe("one");
    expect(bench.texts.at(-1)).toBe(all.at(-1));
    expect(bench.requests.length).toBeLessThanOrEqual(4);
    expect(bench.requests.map(({ at }) => Math.round(at / 1000))).toEqual(
      [0, 1, 2, 3].slice(0, bench.requests.length),
    );
    expect(deliveries.every(({ status }) => status === "sent" || status === "replayed")).toBe(true);
    expect(deliveries.filter(({ status }) => status === "sent")).toHaveLength(bench.requests.length);
  });

  test("edits of other messages, and of another kind, are their own", async () => {
    const bench = new GuardBench({ limits: false, edits: "coalesce" });
    bench.answers(bench.after(100), bench.after(100), bench.after(100), bench.after(100));
    await bench.clock.run(
      Promise.all([
        bench.start(edit("a", 1), how),
        bench.start(edit("b", 2), how),
        bench.start(edit("c", 1, 6), how),
        bench.start({ ...edit("d", 1), caption: "d" }, { method: "editMessageCaption" }),
      ]),
    );
    expect(bench.texts.toSorted()).toEqual(["a", "b", "c", "d"]);
  });

  test("two edits of one message are never on their way at once, and arrive in order", async () => {
    const bench = new GuardBench({ limits: false, edits: "coalesce" });
    bench.answers(bench.after(500));
    const first = bench.start(edit("first"), how);
    await bench.clock.advance(10);
    const second = bench.start(edit("second"), how);
    const third = bench.start(edit("third"), how);
    await bench.clock.run(Promise.all([first, second, third]));
    expect(bench.requests.map(({ at, payload }) => [at >= 500, payload.text])).toEqual([
      [false, "first"],
      [true, "third"],
    ]);
  });

  test("a flood is waited out, and then the newest text goes", async () => {
    const bench = new GuardBench({ limits, edits: "coalesce" });
    bench.answers(flood(5));
    const first = bench.start(edit("first"), how);
    await bench.clock.advance(100);
    const second = bench.start(edit("second"), how);
    await bench.clock.run(Promise.all([first, second]));
    expect(bench.texts.at(-1)).toBe("second");
    expect(bench.requests.every(({ at }) => at === 0 || at >= 5_000)).toBe(true);
  });

  test("an edit that nobody wants any more is not sent; one that somebody wants is", async () => {
    const bench = new GuardBench({ limits, edits: "coalesce" });
    await bench.call(edit("spends the token"), how);
    const gone = new AbortController();
    const stays = new AbortController();
    const first = bench.start(edit("a"), { ...how, signal: gone.signal });
    const second = bench.start(edit("b"), { ...how, signal: stays.signal });
    gone.abort();
    expect((await bench.clock.run(first)).status).toBe("aborted");
    expect((await bench.clock.run(second)).status).toBe("sent");
    const third = bench.start(edit("c"), { ...how, signal: stays.signal });
    stays.abort();
    expect((await bench.clock.run(third)).status).toBe("aborted");
    await bench.clock.advance(10_000);
    expect(bench.texts).toEqual(["spends the token", "b"]);
  });

  test("nothing is kept of a message that is edited no more", async () => {
    const bench = new GuardBench({ limits, edits: "coalesce" });
    await bench.clock.run(Promise.all([1, 2, 3].map((n) => bench.start(edit(`v${n}`), how))));
    expect(bench.clock.pending).toBe(0);
  });
});

describe("edits that pay", () => {
  test("wait for the chat like messages, each of them", async () => {
    const bench = new GuardBench({ limits, edits: "pay" });
    await bench.clock.run(Promise.all(["a", "b", "c"].map((text) => bench.start(edit(text), how))));
    expect(bench.requests.map(({ at, payload }) => [Math.round(at), payload.text])).toEqual([
      [0, "a"],
      [1_000, "b"],
      [2_000, "c"],
    ]);
  });

  test("edits are free unless that is asked for", async () => {
    const bench = new GuardBench({ limits });
    await bench.clock.run(Promise.all(["a", "b", "c"].map((text) => bench.start(edit(text), how))));
    expect(bench.requests.map(({ at }) => at)).toEqual([0, 0, 0]);
  });
});
