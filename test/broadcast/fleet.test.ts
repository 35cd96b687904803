import { expect, test } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";
import { eventually, telegram } from "../kit/telegram.js";
import { startWorker, type Worker } from "../kit/worker.js";

const count = 3_000;
/** Bytes that a process may hold more at the end than after a fifth: its last 10,000 records, at most. */
const growth = 2_000_000;

/** What a worker said after a word. */
const told = (worker: Worker, word: string): string =>
  worker.lines.find((line) => line.startsWith(`${word} `))!.slice(word.length + 1);

test("3,000 recipients, two processes, one killed in the middle and started again: each is served once", {
  // What the dead process had in flight is held for its lease of 30 s.
  timeout: 120_000,
}, async () => {
  const redis = await sharedRedis();
  const emulator = await telegram({ limits: false });
  const slow = { kind: "slow", ms: 20, commit: "before", times: Number.POSITIVE_INFINITY } as const;
  emulator.fault({ method: "sendMessage", ...slow });
  const env = { REDIS_URL: redis.url, BOT_TOKEN: redis.token, API_ROOT: emulator.url, COUNT: `${count}` };
  const start = async () => {
    const worker = startWorker("broadcast/workers/broadcaster.ts", env);
    await worker.says("ready");
    return worker;
  };
  const [doomed, survivor] = await Promise.all([start(), start()]);
  for (const worker of [doomed, survivor]) worker.tell("go");
  await eventually(() => emulator.ledger.count() >= count * 0.4, "two fifths are served", 30_000);
  await doomed.end("SIGKILL");
  const successor = await start();
  successor.tell("go");
  await Promise.all([survivor, successor].map((worker) => worker.says("done")));

  const received = emulator.ledger.received().map(({ chat }) => chat);
  const people = new Set(received);
  expect(received).toHaveLength(people.size);
  const reports = [survivor, successor].map((worker) => JSON.parse(told(worker, "unknown")) as number[]);
  const everybody = Array.from({ length: count }, (_, i) => i + 1);
  const missing = everybody.filter((chat) => !people.has(chat));
  for (const reported of reports) expect(reported).toEqual(expect.arrayContaining(missing));
  for (const worker of [survivor, successor]) {
    expect(JSON.parse(told(worker, "result"))).toMatchObject({ done: count });
    expect(Number(told(worker, "heap end")) - Number(told(worker, "heap fifth"))).toBeLessThan(growth);
  }
  for (const worker of [survivor, successor]) expect(await worker.end()).toBe(0);
  // The numbers of docs/broadcast.md.
  const results = [survivor, successor].map((worker) => told(worker, "result"));
  const heaps = [survivor, successor].map((worker) => [told(worker, "heap fifth"), told(worker, "heap end")]);
  console.info({ missing: missing.length, unknown: reports.map(({ length }) => length), results, heaps });
});
