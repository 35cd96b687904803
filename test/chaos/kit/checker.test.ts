import { describe, expect, test } from "vitest";
import { judge } from "./checker.js";
import type { Evidence, KeyLeft, ReceivedOperation } from "./evidence.js";
import type { HistoryLine } from "./history.js";

/** A history in short: `"a invoke x"` is process a beginning to try x. Time is the place in the list, in ms. */
const said = (...lines: string[]): HistoryLine[] =>
  lines.map((line, at) => {
    const [process, event, operation] = line.split(" ") as [string, HistoryLine["event"], string];
    return { process, event, operation, at };
  });

const got = (...operations: string[]): ReceivedOperation[] =>
  operations.map((operation, at) => ({ operation, chat: 7, at: 10 * at }));

/** Messages at these times. */
const at = (...times: number[]): ReceivedOperation[] =>
  times.map((time, i) => ({ operation: `${i}`, chat: -7, at: time }));

const triedAll = (received: readonly ReceivedOperation[]): HistoryLine[] =>
  received.flatMap(({ operation }) => said(`a invoke ${operation}`, `a ok ${operation}`));

const bad: [law: string, evidence: Evidence][] = [
  [
    "doubled",
    {
      histories: said("a invoke x", "b invoke x", "a ok x", "b unknown x"),
      received: got("x", "x"),
    },
  ],
  [
    "doubled",
    // Each process may send it once, but not one of them twice.
    {
      promise: "per process",
      histories: said("a invoke x", "a unknown x", "a invoke x", "a replayed x"),
      received: got("x", "x"),
    },
  ],
  [
    "doubled in one process",
    {
      promise: "per process",
      histories: said("a invoke x", "a ok x", "a invoke x", "a ok x", "b invoke x", "b unknown x"),
      received: got("x", "x"),
    },
  ],
  ["claimed", { histories: said("a invoke x", "b invoke x", "a ok x", "b ok x"), received: got("x") }],
  ["lost", { histories: said("a invoke x", "a ok x"), received: [] }],
  ["lost", { histories: said("a invoke x", "a unknown x", "b invoke x", "b replayed x"), received: [] }],
  ["denied", { histories: said("a invoke x", "a refused x"), received: got("x") }],
  ["denied", { histories: said("a invoke x", "a fail x", "b invoke x", "b refused x"), received: got("x") }],
  ["unanswered", { histories: said("a invoke x"), received: got("x") }],
  [
    "unanswered",
    // One died, the other lives.
    { histories: said("a invoke x", "b invoke x"), received: [], killed: new Set(["b"]) },
  ],
  ["unanswered", { histories: said("a invoke x", "a invoke x", "a ok x"), received: got("x") }],
  ["out of nowhere", { histories: [], received: got("x") }],
  ["stuck", withKey({ key: "r:x", ttlMs: -1 })],
  ["stuck", withKey({ key: "r:x", ttlMs: 100_000, state: "done" })],
  ["stuck", withKey({ key: "r:x", ttlMs: 1_000, state: "sending", leaseMs: -5_000 })],
  ["stuck", withKey({ key: "r:x", ttlMs: 1_000, state: "reserved", leaseMs: 100_000 })],
  [
    "limit",
    {
      ...limited(at(0, 10, 999)),
      limits: [{ name: "group", kind: "window", limit: 2, perMs: 1_000 }],
    },
  ],
  [
    "limit",
    // Not at once: where two trailing windows meet.
    {
      ...limited(at(0, 900, 1_100, 1_200)),
      limits: [{ name: "group", kind: "window", limit: 2, perMs: 1_000 }],
    },
  ],
  [
    "limit",
    {
      ...limited(at(0, 0, 0, 500)),
      limits: [{ name: "bot", kind: "bucket", capacity: 3, refillPerSecond: 1 }],
    },
  ],
];

const good: [why: string, evidence: Evidence][] = [
  [
    "one sends, the other is told",
    { histories: said("a invoke x", "b invoke x", "a ok x", "b replayed x"), received: got("x") },
  ],
  ["missing, and told so", { histories: said("a invoke x", "a unknown x"), received: [] }],
  [
    "received, though nobody could tell",
    { histories: said("a invoke x", "a unknown x"), received: got("x") },
  ],
  [
    "the killed owes an answer, whether or not it was received",
    { histories: said("a invoke x", "a invoke y"), received: got("y"), killed: new Set(["a"]) },
  ],
  ["refused, and not received", { histories: said("a invoke x", "a refused x"), received: [] }],
  [
    "refused at first",
    { histories: said("a invoke x", "a refused x", "a invoke x", "a ok x"), received: got("x") },
  ],
  [
    "each process for itself",
    {
      promise: "per process",
      histories: said("a invoke x", "b invoke x", "a ok x", "b ok x"),
      received: got("x", "x"),
    },
  ],
  ["keys that go in time", withKey({ key: "r:x", ttlMs: 9_000, state: "done" })],
  ["a lease that runs", withKey({ key: "r:x", ttlMs: 9_000, state: "sending", leaseMs: 5_000 })],
  ["a turn that nobody took", withKey({ key: "r:x", ttlMs: 9_000, state: "reserved", leaseMs: -50_000 })],
  ["a key that has just gone", withKey({ key: "r:x", ttlMs: -2 })],
  [
    "a full window, then the next",
    {
      ...limited(at(0, 10, 1_000, 1_010)),
      limits: [{ name: "group", kind: "window", limit: 2, perMs: 1_000 }],
    },
  ],
  [
    "a burst, then the pace",
    {
      ...limited(at(0, 0, 0, 1_000, 2_000)),
      limits: [{ name: "bot", kind: "bucket", capacity: 3, refillPerSecond: 1 }],
    },
  ],
  [
    "limits of others",
    {
      ...limited(at(0, 0, 0)),
      limits: [
        {
          name: "group",
          kind: "window",
          limit: 2,
          perMs: 1_000,
          countedWith: ({ chat }) => (chat > 0 ? chat : undefined),
        },
      ],
    },
  ],
];

function withKey(key: KeyLeft): Evidence {
  return { histories: [], received: [], keys: [key], longestTtlMs: 10_000 };
}

function limited(received: readonly ReceivedOperation[]): Evidence {
  return { histories: triedAll(received), received };
}

describe("the checker", () => {
  test.each(bad)("catches: %s (%#)", (law, evidence) => {
    const names = judge(evidence).violations.map((words) => words.slice(0, words.indexOf(":")));
    expect(names).toContain(law);
  });

  test.each(good)("lets pass: %s", (_, evidence) => {
    expect(judge(evidence).violations).toEqual([]);
  });

  test("each law has a history of its own that nothing else catches", () => {
    const alone = bad.map(([, evidence]) => {
      const { violations } = judge(evidence);
      return new Set(violations.map((words) => words.slice(0, words.indexOf(":"))));
    });
    for (const law of new Set(bad.map(([name]) => name))) {
      expect(
        alone.some((names) => names.size === 1 && names.has(law)),
        law,
      ).toBe(true);
    }
  });

  test("a violation shows the operation's own lines in the order of time", () => {
    const histories = said("a invoke x", "b invoke y", "a ok x", "b ok y");
    const [violation] = judge({ histories, received: got("y") }).violations;
    expect(violation!.split("\n")).toEqual([
      'lost: "x" was acknowledged, but nobody received it',
      "    0.0 a invoke",
      "    2.0 a ok",
    ]);
  });

  test("counts how the operations ended", () => {
    const histories = said(
      "a invoke x",
      "a ok x",
      "a invoke y",
      "a unknown y",
      "b invoke z",
      "a invoke w",
      "a fail w",
    );
    expect(judge({ histories, received: got("x"), killed: new Set(["b"]) }).counts).toEqual({
      operations: 4,
      tries: 4,
      received: 1,
      acknowledged: 1,
      missing: 3,
      missingTold: 1,
      missingKilled: 1,
      missingRefused: 1,
    });
  });
});
