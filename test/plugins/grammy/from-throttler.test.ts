import { limitsFromThrottler } from "@sendonce/grammy";
import { expect, test } from "vitest";
import { virtualTelegram } from "../../kit/telegram.js";

const config = {
  global: { reservoir: 5, reservoirRefreshAmount: 5, reservoirRefreshInterval: 1_000 },
  group: { minTime: 333, reservoir: 10, reservoirRefreshAmount: 10, reservoirRefreshInterval: 60_000 },
  out: { maxConcurrent: 1, minTime: 2_000 },
};

/** Most that any trailing window of `ms` held. */
const busiest = (times: readonly number[], ms: number): number =>
  Math.max(...times.map((end) => times.filter((at) => at > end - ms && at <= end).length));

test("a bot that comes from transformer-throttler keeps to the throttler's numbers", async () => {
  const limits = limitsFromThrottler(config);
  const { clock, emulator, bot } = virtualTelegram({ guard: { limits, maxWaitMs: 600_000 } });
  const texts = Array.from({ length: 25 }, (_, i) => `message ${i}`);
  const sends = texts.flatMap((text) => [7, -1001].map((chat) => bot.api.sendMessage(chat, text)));
  await clock.run(Promise.all(sends));
  const times = (chat?: number) => emulator.ledger.received(chat).map(({ at }) => at);
  expect(times()).toHaveLength(50);
  expect(busiest(times(), 1_000)).toBe(5);
  expect(busiest(times(-1001), 60_000)).toBe(10);
  expect(busiest(times(7), 2_000)).toBe(1);
});
