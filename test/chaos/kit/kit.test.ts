import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { redisStore } from "@sendonce/core/redis";
import { install } from "@sendonce/grammy";
import { Api } from "grammy";
import { expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../../kit/redis/server.js";
import { telegram } from "../../kit/telegram.js";
import { attempt } from "./attempt.js";
import { receivedFrom } from "./evidence.js";
import { expectHeld } from "./expect-held.js";
import { History, readHistories } from "./history.js";
import { historyFolder } from "./history-folder.js";
import { keysLeft } from "./redis-keys.js";
import { Seeded, strikeUntil } from "./seeded.js";

test("the same seed brings the same chance, another one another", () => {
  const drawn = (seed: number) => {
    const random = new Seeded(seed);
    return Array.from({ length: 50 }, () => random.between(1, 1_000));
  };
  expect(drawn(5)).toEqual(drawn(5));
  expect(drawn(5)).not.toEqual(drawn(6));
  expect(Math.min(...drawn(5))).toBeLessThan(200);
  expect(Math.max(...drawn(5))).toBeGreaterThan(800);
});

test("faults strike one after the other until they are called off, in the order of the seed", async () => {
  const struck = async () => {
    const [order, end] = [[] as string[], new AbortController()];
    const fault = (name: string) => ({
      name,
      strike: () => void (order.push(name) === 12 && end.abort()),
    });
    const counts = await strikeUntil(end.signal, new Seeded(3), [fault("one"), fault("other")], [0, 1]);
    expect(counts.one! + counts.other!).toBe(12);
    return order;
  };
  expect(await struck()).toEqual(await struck());
});

test("histories of several processes are read, but for a line that was never finished", () => {
  const folder = historyFolder();
  const [one, other] = [new History(folder, "one"), new History(folder, "other")];
  one.invoke("x");
  other.invoke("y");
  one.end("x", "unknown", "reset");
  for (const history of [one, other]) history.close();
  appendFileSync(join(folder, "other.jsonl"), '{"operation":"z","ev');
  expect(readHistories(folder).map(({ operation, process, event }) => [process, event, operation])).toEqual([
    ["one", "invoke", "x"],
    ["one", "unknown", "x"],
    ["other", "invoke", "y"],
  ]);
});

test("each ending is told from the others, and the keys that are left are known", async () => {
  const folder = historyFolder();
  const redis = await sharedRedis();
  const emulator = await telegram();
  const store = redisStore(redis.url);
  onTestFinished(() => store.close());
  const api = install(new Api(redis.token, { apiRoot: emulator.url }), { store });
  const history = new History(folder, "one");
  onTestFinished(() => history.close());
  const chats: Record<string, number> = { a: 7, b: 8, c: 9 };
  const send = async (text: string) =>
    (await attempt(history, text, () => api.sendMessage(chats[text]!, text))).ending;
  emulator.fault({ chat: 8, kind: "error", code: 403, description: "Forbidden" });
  emulator.fault({ chat: 9, kind: "cut-after" });
  const endings = [];
  for (const text of ["a", "a", "b", "c", "c"]) endings.push(await send(text));
  expect(endings).toEqual(["ok", "replayed", "fail", "unknown", "unknown"]);
  const received = receivedFrom(emulator);
  expect(received.map(({ operation }) => operation)).toEqual(["a", "c"]);
  const keys = await keysLeft({ store, client: redis.client(), bot: `${redis.botId}` });
  expect(keys.flatMap(({ state }) => (state === undefined ? [] : [state])).sort()).toEqual([
    "ambiguous",
    "done",
  ]);
  expectHeld({ histories: readHistories(folder), received, keys, longestTtlMs: 1_800_000 });
});
