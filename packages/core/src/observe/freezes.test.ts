import { expect, test } from "vitest";
import { VirtualClock } from "../testing/virtual-clock.js";
import { Events, type GuardEvents } from "./events.js";
import { Freezes } from "./freezes.js";

function bench() {
  const clock = new VirtualClock();
  const events = new Events();
  const freezes = new Freezes(events, clock);
  const frozen: number[] = [];
  const thaws: (GuardEvents["thaw"] & { at: number })[] = [];
  const start = clock.now();
  events.on("freeze", ({ frozenMs }) => frozen.push(frozenMs));
  events.on("thaw", (event) => thaws.push({ ...event, at: clock.now() - start }));
  const flood = (retryAfterMs: number, chat = "5") =>
    freezes.begin(`chat:${chat}`, {
      bot: "1",
      method: "sendMessage",
      chat,
      scope: "none",
      rule: "chat",
      retryAfterMs,
    });
  return { clock, frozen, thaws, flood };
}

test("a thaw is told when the freeze is over, once, and leaves no timer", async () => {
  const { clock, thaws, flood } = bench();
  flood(3_000);
  await clock.advance(2_999);
  expect(thaws).toEqual([]);
  await clock.advance(10_000);
  expect(thaws).toEqual([{ bot: "1", chat: "5", rule: "chat", frozenMs: 3_000, at: 3_000 }]);
  expect(clock.pending).toBe(0);
});

test("several 429s of one flood freeze no longer than it lasts", async () => {
  const { clock, frozen, thaws, flood } = bench();
  flood(3_000);
  await clock.advance(2_000);
  flood(500);
  flood(2_000);
  flood(1_000, "6");
  await clock.advance(10_000);
  expect(frozen).toEqual([3_000, 0, 1_000, 1_000]);
  expect(thaws.map(({ chat, frozenMs, at }) => [chat, frozenMs, at])).toEqual([
    ["6", 1_000, 3_000],
    ["5", 4_000, 4_000],
  ]);
});

test("the next flood is another one", async () => {
  const { clock, frozen, thaws, flood } = bench();
  flood(1_000);
  await clock.advance(5_000);
  flood(1_000);
  await clock.advance(5_000);
  expect(frozen).toEqual([1_000, 1_000]);
  expect(thaws.map(({ at }) => at)).toEqual([1_000, 6_000]);
});
