import { describe, expect, it } from "vitest";
import { Events } from "../observe/events.js";
import type { BoardPost } from "../store/port.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import type { News } from "./news.js";
import { Publisher } from "./publisher.js";

const facts = {
  bot: "1",
  method: "sendMessage",
  scope: "content",
  key: "c0",
  attempts: 1,
  waitedMs: 0,
} as const;
const sent = { ...facts, chat: "7" };

/** A publisher whose board answers as told; `null`: it cannot be reached. */
function bench({ chats = false, listeners = 0 as number | null, denied = false } = {}) {
  const clock = new VirtualClock();
  const events = new Events();
  const posts: BoardPost[] = [];
  const answer = { listeners, denied };
  const warned: string[] = [];
  const board = {
    post: async (post: BoardPost) => {
      if (answer.listeners === null) throw new Error("away");
      posts.push(post);
      return { listeners: answer.listeners, denied: answer.denied };
    },
  };
  const publisher = new Publisher({
    board,
    events,
    clock,
    chats,
    rules: { global: { kind: "bucket", capacity: 30, intervalUs: 33_334 } },
    ceiling: 0,
    calls: () => ({ open: 2, waiting: 1 }),
    mode: () => "shared",
    onDenied: () => warned.push("denied"),
  });
  const news = () => posts.map(({ news }) => JSON.parse(news) as News);
  return { clock, events, posts, answer, publisher, news, warned };
}

describe("a publisher", () => {
  it("posts once a second what happened, and nothing while nothing happens", async () => {
    const { clock, events, posts, news } = bench();
    await clock.advance(5_000);
    expect(posts).toEqual([]);
    for (let n = 0; n < 3; n++) events.emit("sent", sent);
    events.emit("replayed", facts);
    events.emit("failed", { ...facts, outcome: "unknown" });
    events.emit("wait", { ...facts, rule: "chat", waitMs: 12.4 });
    events.emit("freeze", { ...facts, rule: "group", retryAfterMs: 3_000, frozenMs: 2_900 });
    await clock.advance(5_000);
    expect(posts).toHaveLength(1);
    expect(Object.fromEntries(posts[0]!.counts)).toEqual({
      "sent:sendMessage": 3,
      "duplicate:content:sendMessage": 1,
      "ambiguous:sendMessage": 1,
      "waits:chat": 1,
      "waitMs:chat": 12,
      "floods:group": 1,
      "frozenMs:group": 2_900,
    });
    expect(news()[0]).toMatchObject({ v: 1, bot: "1", n: 0, mode: "shared", open: 2, waiting: 1 });
  });

  it("tells single events only while somebody listens, a hundred in a second and the number of the rest", async () => {
    const { clock, events, answer, news } = bench({ listeners: 1 });
    events.emit("sent", sent);
    await clock.advance(1_000);
    for (let n = 0; n < 130; n++) events.emit("sent", sent);
    answer.listeners = 0;
    await clock.advance(1_000);
    events.emit("sent", sent);
    await clock.advance(1_000);
    expect(news().map(({ events = [], more }) => [events.length, more])).toEqual([
      [0, undefined],
      [100, 30],
      [0, undefined],
    ]);
    expect(news()[1]?.events?.[0]).toMatchObject({ event: "sent", method: "sendMessage", key: "c0" });
  });

  it("tells no chat unless it was asked to, and then the busiest", async () => {
    const [silent, open] = [bench({ listeners: 1 }), bench({ listeners: 1, chats: true })];
    for (const { clock, events } of [silent, open]) {
      await clock.advance(1_000);
      for (let n = 0; n < 40; n++) events.emit("sent", { ...sent, chat: String(n % 30) });
      await clock.advance(1_000);
      events.emit("sent", sent);
      await clock.advance(1_000);
    }
    expect(JSON.stringify(silent.news())).not.toMatch(/"chats?"/);
    expect(open.news()[0]?.chats).toHaveLength(20);
    expect(open.news()[0]?.chats?.[0]?.[1]).toBe(2);
    expect(open.news()[1]?.events?.[0]).toMatchObject({ chat: "7" });
  });

  it("keeps its counts while the board is away, and posts them together when it is back", async () => {
    const { clock, events, posts, answer } = bench({ listeners: null });
    for (let n = 0; n < 4; n++) {
      events.emit("sent", sent);
      await clock.advance(1_000);
    }
    expect(posts).toEqual([]);
    answer.listeners = 0;
    await clock.advance(1_000);
    expect(posts.map(({ counts }) => [...counts])).toEqual([[["sent:sendMessage", 4]]]);
  });

  it("counts methods that nobody knows as one, so that no caller makes up names without end", async () => {
    const { clock, events, posts } = bench();
    for (let n = 0; n < 50; n++) events.emit("sent", { ...sent, method: `made-up-${n}` });
    await clock.advance(1_000);
    expect(Object.fromEntries(posts[0]!.counts)).toEqual({ "sent:other": 50 });
  });

  it("posts its rules with the first news, and again after an hour", async () => {
    const { clock, events, posts } = bench();
    for (const ms of [1_000, 1_000, 3_600_000]) {
      events.emit("sent", sent);
      await clock.advance(ms);
    }
    events.emit("sent", sent);
    await clock.advance(1_000);
    expect(posts.map(({ rules }) => rules !== undefined)).toEqual([true, false, false, true]);
    expect(posts[0]?.rules).toContain('"capacity":30');
  });

  it("gives up where the user may not publish, and says so once", async () => {
    const { clock, events, posts, warned } = bench({ denied: true });
    for (let n = 0; n < 3; n++) {
      events.emit("sent", sent);
      await clock.advance(1_000);
    }
    expect([posts.length, warned.length]).toEqual([1, 1]);
    expect(events.wants("sent")).toBe(false);
  });

  it("posts what is left when it closes, and listens no more", async () => {
    const { clock, events, posts, publisher } = bench();
    events.emit("sent", sent);
    await publisher.close();
    events.emit("sent", sent);
    await clock.advance(5_000);
    expect(posts).toHaveLength(1);
    expect(events.wants("sent")).toBe(false);
  });
});
