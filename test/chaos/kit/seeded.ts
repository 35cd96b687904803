import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { onTestFailed, TestRunner } from "vitest";

const fractions = 2 ** 31;

/** Chance that a seed repeats. `CHAOS_SEED=n` gives the seed of an earlier run. */
export class Seeded {
  readonly seed: number;
  readonly #stream: Iterator<number>;

  constructor(seed: number = seedFromEnv() ?? randomInt(fractions)) {
    this.seed = seed;
    const numbers = fc.infiniteStream(fc.noBias(fc.integer({ min: 0, max: fractions - 1 })), {
      noHistory: true,
    });
    this.#stream = fc.sample(numbers, { seed, numRuns: 1 })[0]!;
  }

  /** From 0, always below 1. */
  fraction(): number {
    return this.#stream.next().value / fractions;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.fraction() * (most - least + 1));
  }

  pick<T>(among: readonly T[]): T {
    return among[this.between(0, among.length - 1)]!;
  }

  /** Chance of its own for a part of the test, so that parts that run side by side stay repeatable. */
  branch(): Seeded {
    return new Seeded(this.between(0, fractions - 1));
  }
}

/** The chance of a test: its seed is printed now, and again if the test fails. */
export function seededTest(name: string): Seeded {
  const seeded = new Seeded();
  const words = `chaos: ${name}: CHAOS_SEED=${seeded.seed}`;
  console.info(words);
  if (TestRunner.getCurrentTest() !== undefined) onTestFailed(() => console.error(`failed: ${words}`));
  return seeded;
}

/** Something bad that can happen. */
export interface Fault {
  readonly name: string;
  /** How often, compared with the others. @default 1 */
  readonly weight?: number;
  strike(random: Seeded): Promise<unknown> | unknown;
}

/**
 * Lets one fault after the other strike, at random pauses, until `signal` aborts.
 *
 * @returns how often each has struck
 */
export async function strikeUntil(
  signal: AbortSignal,
  random: Seeded,
  faults: readonly Fault[],
  everyMs: readonly [least: number, most: number],
): Promise<Record<string, number>> {
  const struck: Record<string, number> = Object.fromEntries(faults.map(({ name }) => [name, 0]));
  const lots = faults.flatMap((fault) => Array.from({ length: fault.weight ?? 1 }, () => fault));
  for (;;) {
    await pause(random.between(...everyMs), undefined, { signal }).catch(() => {});
    if (signal.aborted) return struck;
    const fault = random.pick(lots);
    await fault.strike(random);
    struck[fault.name]! += 1;
  }
}

function seedFromEnv(): number | undefined {
  const { CHAOS_SEED } = process.env;
  return CHAOS_SEED === undefined ? undefined : Number(CHAOS_SEED);
}
