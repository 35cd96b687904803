import { expect } from "vitest";
import { type Counts, judge } from "./checker.js";
import type { Evidence } from "./evidence.js";
import type { Seeded } from "./seeded.js";

/** At most so many violations are shown. */
const shown = 10;

/** Fails with the broken promises and the seed; answers the counts when all was kept. */
export function expectHeld(evidence: Evidence, random?: Seeded): Counts {
  const { violations, counts } = judge(evidence);
  const seed = random === undefined ? "" : `CHAOS_SEED=${random.seed}: `;
  const words = violations.slice(0, shown).join("\n");
  expect(violations, `${seed}${violations.length} broken promises\n${words}`).toEqual([]);
  return counts;
}
