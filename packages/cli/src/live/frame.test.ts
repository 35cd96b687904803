import type { News } from "@sendonce/core/redis";
import pc from "picocolors";
import { describe, expect, it } from "vitest";
import { frame } from "./frame.js";
import { Watch } from "./watch.js";

const news = (n: number, more: Partial<News> = {}): News => ({
  v: 1,
  bot: "4242",
  from: "process-a",
  n,
  at: 0,
  mode: "shared",
  open: 3,
  waiting: 2,
  counts: {
    "sent:sendMessage": 30,
    "duplicate:update:sendMessage": 2,
    "waits:chat": 4,
    "waitMs:chat": 2_000,
  },
  ...more,
});

const options = {
  redis: "redis://host:6379",
  now: 0,
  paint: pc.createColors(false),
  tokens: new Map([["4242", "12/30"]]),
};

describe("a watch", () => {
  it("takes rates over ten seconds, or over its own age while it is younger", () => {
    const watch = new Watch(0);
    for (let second = 1; second <= 60; second++) watch.hear(news(second), second * 1_000);
    expect(watch.view(60_000)).toMatchObject({ seconds: 10, bots: [{ bot: "4242", sent: 300, waits: 40 }] });
    const young = new Watch(0);
    young.hear(news(0), 1_500);
    expect(young.view(2_000)).toMatchObject({ seconds: 2, bots: [{ sent: 30 }] });
  });

  it("counts a process once, also for two bots, and forgets one that is silent for ten seconds", () => {
    const watch = new Watch(0);
    watch.hear(news(0), 1_000);
    watch.hear(news(1, { bot: "7" }), 1_000);
    watch.hear(news(0, { from: "process-b", mode: "local" }), 2_000);
    const view = watch.view(3_000);
    expect([view.processes, view.open, view.waiting]).toEqual([2, 6, 4]);
    expect(Object.fromEntries(view.modes)).toEqual({ shared: 1, local: 1 });
    expect(watch.view(11_500).processes).toBe(1);
  });

  it("adds up ambiguous outcomes since it began, and the busiest chats of the window", () => {
    const watch = new Watch(0);
    watch.hear(
      news(0, {
        counts: { "ambiguous:sendMessage": 2 },
        chats: [
          ["-1001", 9],
          ["7", 1],
        ],
      }),
      1_000,
    );
    watch.hear(news(1, { counts: { "ambiguous:sendPhoto": 1 }, chats: [["7", 19]] }), 40_000);
    const view = watch.view(41_000);
    expect(view.ambiguous).toBe(3);
    expect(view.chats).toEqual([["7", 1.9]]);
  });
});

describe("a frame", () => {
  it.each([
    [80, 24],
    [120, 40],
    [40, 12],
  ])("fits into %i × %i, whatever happens", (columns, rows) => {
    const watch = new Watch(0);
    const chats = Array.from({ length: 20 }, (_, at) => [`-100${"9".repeat(12)}${at}`, 5] as const);
    const event = {
      event: "replayed",
      at: 0,
      method: "sendMessage",
      scope: "content",
      rule: "x".repeat(100),
    } as const;
    for (let bot = 0; bot < 30; bot++)
      watch.hear(
        news(bot, { bot: `bot-with-a-long-name-${bot}`, chats, events: Array(20).fill(event) }),
        1_000,
      );
    const lines = frame(watch.view(2_000), { ...options, columns, rows }).split("\n");
    expect(lines.length).toBeLessThan(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  });

  it("shows rates, waits, mode and free tokens", () => {
    const watch = new Watch(0);
    watch.hear(news(0, { counts: { ...news(0).counts, "floods:chat": 1, "frozenMs:chat": 5_000 } }), 500);
    const shown = frame(watch.view(1_000), { ...options, columns: 80, rows: 24 });
    for (const line of [
      /^mode shared \(1\) {3}processes 1 {3}open 3 {3}waiting 2$/m,
      /^sent +30\.0\/s/m,
      /^duplicates +2\.0\/s/m,
      /^waits +4\.0\/s {2}average 0\.5 s$/m,
      /^floods +1\.0\/s {2}5 s to wait$/m,
      /^4242 +30\.0\/s +2\.0\/s +4\.0\/s +1\.0\/s +0\.0\/s +12\/30$/m,
      /not told: publish:/,
    ])
      expect(shown).toMatch(line);
  });
});
