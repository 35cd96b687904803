import type { Delivery, Logger } from "@sendonce/core";
import fc from "fast-check";
import { expect } from "vitest";

/** Texts that have broken parsers, keys, scripts and logs. */
export const nastyTexts: readonly string[] = [
  ...["", " ", "\0", "\r\n", "\t", "\u2028", "\ud800", "\udc00x", "👩‍👩‍👧", "é", "e\u0301"],
  ...[
    "{}",
    "}{",
    "{a}",
    "a}b{c",
    "sendonce:{1}:1:l:global",
    "*",
    "?",
    "[a-z]",
    "|",
    "D|9999999999999999||",
    ":",
  ],
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"],
  ...[
    "nan",
    "inf",
    "-inf",
    "1e309",
    "-1",
    "0x10",
    "9".repeat(30),
    "1".repeat(400),
    "true",
    "null",
    "undefined",
  ],
  ...[
    "]]",
    "--[[",
    "' .. redis.call('FLUSHALL') .. '",
    '"',
    "'",
    "\\",
    "%d%s%n",
    "$1",
    "*3\r\n$3\r\nSET\r\n",
  ],
  ...["@", "@a\nb", "@Name", "-100", "+5", " 7 ", "７", "7.0", "07"],
];

const nastyNumbers = [Number.NaN, Infinity, -Infinity, -0, 2 ** 53, -(2 ** 63), 1e308, 5e-324, 0.1];

/** Texts, of all kinds. */
export const texts = fc.oneof(
  fc.constantFrom(...nastyTexts),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);

/** Whatever may stand in a JavaScript object that was not made by JSON. */
export const values: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    texts,
    fc.constantFrom<unknown>(...nastyNumbers, null, undefined, true, 10n, Symbol("s"), () => 1),
    fc
      .constantFrom<() => unknown>(
        () => new Date(Number.NaN),
        () => new Map([["a", 1]]),
        () => new Set([1]),
        () => Object.create(null),
        () => Object.create({ key: "inherited" }),
        () => new Proxy({}, {}),
        () => Buffer.from("bytes"),
        () => new Uint8Array(3),
        () => new String("boxed"),
        () => JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
        () => ({ toJSON: () => "other" }),
        () => ({ toString: 1, valueOf: 1 }),
      )
      .map((make) => make()),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(texts, fc.constantFrom("__proto__", "constructor", "chat_id", "text")),
      tie("value"),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value;

/** How many examples each law is tried on; more by SECURITY_RUNS. */
export const runs = (usual: number): { numRuns: number } => ({
  numRuns: Number(process.env.SECURITY_RUNS) || usual,
});

const before = JSON.stringify(Reflect.ownKeys(Object.prototype).map(String));

/** Nothing was put where every object of the process would have it. */
export function expectNoPollution(): void {
  expect(JSON.stringify(Reflect.ownKeys(Object.prototype).map(String))).toBe(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
}

/** How a call ended: by its status, or by the name and first words of what it threw. */
export async function endOf(work: Promise<Delivery>): Promise<string> {
  return work.then(
    ({ status }) => status,
    (error: Error) => `${error.name}: ${error.message}`,
  );
}

/**
 * Runs `work` and tells how long this process computed for it, in ms: what stands still for others meanwhile. Not by
 * the clock on the wall, which runs on while others have the processor.
 */
export async function timed<T>(work: () => Promise<T>): Promise<{ result: T; busyMs: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, busyMs: (user + system) / 1_000 };
}

/** For guards that are made by the hundred: each would warn once. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
