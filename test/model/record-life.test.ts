import { describe, expect, it } from "vitest";
import { harmless, mutants } from "./mutants.js";
import { shipped } from "./protocol.js";
import { type Bounds, laws, recordLife } from "./record-life.js";
import { type Findings, search } from "./search.js";

const sizes: readonly Bounds[] = [
  { runs: 2, attempts: 2, lates: 2 },
  { runs: 2, attempts: 3, lates: 0 },
  { runs: 3, attempts: 1, lates: 1 },
  { runs: 3, attempts: 2, lates: 0 },
];

describe("the life of a record", () => {
  for (const bounds of sizes) {
    const { runs, attempts, lates } = bounds;
    it(`keeps every law with ${runs} runs, up to ${attempts} sends each and ${lates} late copies`, () => {
      const findings = search(recordLife(bounds));
      report(`${runs} runs × ${attempts} sends, ${lates} late`, findings);
      expect(findings.violation).toBeUndefined();
      expect(findings.states).toBeGreaterThan(4_000);
    });
  }

  it("takes AMBIGUOUS under onAmbiguous: retry, and keeps what that leaves", () => {
    const left = [laws.honest, laws.free, laws.idempotent];
    const findings = search(recordLife({ runs: 2, attempts: 2, lates: 1, takeAmbiguous: true, laws: left }));
    report("retry", findings);
    expect(findings.violation).toBeUndefined();
  });

  it("never has two at a time under onAmbiguous: retry while no lease ends under an open request", () => {
    const bounds = { runs: 2, attempts: 2, lates: 1, takeAmbiguous: true, renewed: true, laws: [laws.alone] };
    const findings = search(recordLife(bounds));
    report("retry, renewed in time", findings);
    expect(findings.violation).toBeUndefined();
  });
});

describe("the search catches that", () => {
  for (const { name, change, bounds, breaks } of mutants) {
    it(name, () => {
      const findings = search(recordLife({ ...bounds, laws: [breaks] }, { ...shipped, ...change }));
      report(name, findings);
      expect(findings.violation?.law).toBe(breaks);
    });
  }
});

describe("no law needs this", () => {
  for (const { name, why, change } of harmless) {
    it(`${name}: ${why}`, () => {
      for (const bounds of [
        { runs: 2, attempts: 2, lates: 1 },
        { runs: 3, attempts: 1, lates: 0 },
      ]) {
        expect(search(recordLife(bounds, { ...shipped, ...change })).violation).toBeUndefined();
      }
    });
  }
});

describe("known limits", () => {
  it("a late copy of an admit that finds its run over blocks the key until its time is over", () => {
    const { violation } = search(recordLife({ runs: 2, attempts: 1, lates: 1, strict: true }));
    expect(violation).toEqual({
      law: laws.free,
      trace: ["A admit(1): refused", "late copy of A admit(1): go"],
    });
  });

  it("onAmbiguous: retry sends beside a process that sleeps past its lease with its request out", () => {
    const { violation } = search(recordLife({ runs: 2, attempts: 1, lates: 0, takeAmbiguous: true }));
    expect(violation).toEqual({
      law: laws.alone,
      trace: ["A admit(1): go", "A sends", "the lease is over", "B admit(1): go", "B sends"],
    });
  });
});

function report(name: string, { states, ms, violation }: Findings): void {
  const end = violation ? `“${violation.law}” falls in ${violation.trace.length} steps:` : "every law holds";
  console.log([`${name}: ${states} states, ${ms} ms, ${end}`, ...(violation?.trace ?? [])].join("\n    "));
}
