import { describe, expect, test } from "vitest";
import { defaults, presets } from "../../packages/core/src/defaults.js";
import type { Rule } from "../../packages/core/src/limiter/rules.js";
import { guardOptionNames } from "../../packages/core/src/options.js";
import { read } from "./repository.js";

/** The rows of the README's table that begins with these columns, as text without back-ticks. */
function table(...columns: string[]): string[][] {
  const cells = (line: string) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.replaceAll("`", "").trim());
  const lines = read("README.md").split("\n");
  const head = lines.findIndex((line) => columns.every((column, at) => cells(line)[at] === column));
  if (head < 0) throw new Error(`README.md has no table with the columns ${columns.join(", ")}`);
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith("|"));
  return (end < 0 ? rest : rest.slice(0, end)).map(cells);
}

const at = (path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], defaults);

describe("the README's table of options", () => {
  const rows = table("option", "default");

  test("names every option of the guard and no other", () => {
    const named = new Set(rows.map(([option = ""]) => option.split(".")[0]));
    // The clock is for tests, and not told to readers of the README.
    expect([...named].sort()).toEqual(guardOptionNames.filter((name) => name !== "clock").sort());
  });

  test("names every default of the idempotency options", () => {
    const named = rows.map(([option]) => option);
    expect(named).toEqual(
      expect.arrayContaining(Object.keys(defaults.idempotency).map((name) => `idempotency.${name}`)),
    );
  });

  test.each(rows.filter(([option = ""]) => ["string", "number", "boolean"].includes(typeof at(option))))(
    "%s is %s by default",
    (option = "", written) => {
      const value = at(option);
      expect(written).toBe(typeof value === "string" ? JSON.stringify(value) : String(value));
    },
  );

  test("maxWaitMs is told for both places", () => {
    const [, written = ""] = rows.find(([option]) => option === "maxWaitMs") ?? [];
    const { outside, inside } = defaults.maxWaitMs;
    expect(written).toBe(`${outside}, inside an update ${inside}`);
  });
});

describe("the README's table of rules", () => {
  const rows = table("rule", '"conservative"', '"official"');

  test("names every rule", () => {
    const named = rows.map(([rule = ""]) => rule.split(" ")[0]);
    expect(named.sort()).toEqual(["user", ...Object.keys(presets.conservative)].sort());
  });

  test.each(rows)("%s is %s, or officially %s", (rule = "", conservative, official) => {
    const name = rule.split(" ")[0] as keyof typeof presets.conservative;
    expect(conservative).toBe(words(presets.conservative[name]));
    expect(official === "the same" ? conservative : official).toBe(words(presets.official[name]));
  });
});

function words(rule: Rule | undefined): string {
  if (rule === undefined) return "off";
  if (rule.kind === "window") return `${rule.limit} in any ${rule.perMs / 1000} s`;
  const { capacity, refillPerSecond: perSecond } = rule;
  const rate = perSecond >= 1 ? `${perSecond} per second` : `${Math.round(perSecond * 60)} per minute`;
  return `bucket of ${capacity}, ${rate}`;
}
