import { describe, expect, it } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.js";
import { Lines, type Ticket } from "./line.js";

function linesOf() {
  const clock = new VirtualClock();
  const isHead = (ticket: Ticket) => clock.run(ticket.head(0, undefined));
  return { clock, lines: new Lines(clock), isHead };
}

describe("a line", () => {
  it("has its first comer at the head, and the next when that one leaves", async () => {
    const { lines, isHead } = linesOf();
    const [a, b, c] = [lines.join("chat"), lines.join("chat"), lines.join("chat")];
    expect(await isHead(a)).toBe(true);
    expect(await isHead(b)).toBe(false);
    b.leave();
    a.leave();
    expect(await isHead(c)).toBe(true);
  });

  it("wakes the next without anybody asking again", async () => {
    const { clock, lines } = linesOf();
    const [a, b] = [lines.join("chat"), lines.join("chat")];
    const waiting = b.head(60_000, undefined);
    await clock.advance(1_000);
    a.leave();
    expect(await clock.run(waiting)).toBe(true);
    expect(clock.now()).toBe(new VirtualClock().now() + 1_000);
    expect(clock.pending).toBe(0);
  });

  it("is one per name", async () => {
    const { lines, isHead } = linesOf();
    lines.join("one");
    expect(await isHead(lines.join("other"))).toBe(true);
  });

  it("gives whoever returns its old place, ahead of those who came later", async () => {
    const { lines, isHead } = linesOf();
    const [a, b, c] = [lines.join("chat"), lines.join("chat"), lines.join("chat")];
    a.leave();
    b.leave();
    b.rejoin();
    a.rejoin();
    a.rejoin();
    expect(await isHead(a)).toBe(true);
    a.leave();
    expect(await isHead(b)).toBe(true);
    b.leave();
    expect(await isHead(c)).toBe(true);
  });

  it("has nobody at its head who has left it", () => {
    const { lines } = linesOf();
    const [a, b] = [lines.join("chat"), lines.join("chat")];
    b.leave();
    expect([a.isHead, b.isHead]).toEqual([true, false]);
    a.leave();
    expect(a.isHead).toBe(false);
  });

  it("is gone when the last one has left, however often", () => {
    const { lines } = linesOf();
    const [a, b] = [lines.join("chat"), lines.join("chat")];
    expect(lines.size).toBe(1);
    for (const ticket of [b, a, a, b]) ticket.leave();
    expect(lines.size).toBe(0);
  });

  it("is waited in no longer than asked", async () => {
    const { clock, lines } = linesOf();
    lines.join("chat");
    const from = clock.now();
    expect(await clock.run(lines.join("chat").head(500, undefined))).toBe(false);
    expect(clock.now() - from).toBe(500);
  });

  it("lets go of who aborts, also at the moment of being called", async () => {
    const { clock, lines } = linesOf();
    const [a, b] = [lines.join("chat"), lines.join("chat")];
    const abort = new AbortController();
    const waiting = b.head(60_000, abort.signal);
    abort.abort();
    a.leave();
    expect(await clock.run(waiting)).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it("lets go of who is called off by any of several signals", async () => {
    for (const which of [0, 1]) {
      const { clock, lines } = linesOf();
      const [a, b] = [lines.join("chat"), lines.join("chat")];
      const aborts = [new AbortController(), new AbortController()];
      const waiting = b.head(60_000, undefined, ...aborts.map(({ signal }) => signal));
      aborts[which]!.abort();
      a.leave();
      expect(await clock.run(waiting)).toBe(false);
    }
  });
});
