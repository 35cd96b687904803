import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Measure, measures } from "@sendonce/core";
import { describe, expect, test } from "vitest";
import { lines } from "../../packages/core/src/observe/log.js";

const text = readFileSync(fileURLToPath(new URL("../../docs/observability.md", import.meta.url)), "utf8");

/** The rows of the table that begins with this column, cell by cell, without back-ticks. */
function table(first: string): string[][] {
  const [, rest = ""] = text.split(`\n| ${first} |`);
  const [rows = ""] = rest.split("\n\n");
  return rows
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.replaceAll("`", "").trim()),
    );
}

describe("docs/observability.md", () => {
  test("has every metric, with its kind, its labels and its name in both worlds, and no other", () => {
    const told = table("Prometheus | kind").map(([name, kind, labels, otel]) => [name, kind, labels, otel]);
    const real = Object.values<Measure>(measures).map(({ prometheus, kind, labels, otel }) => [
      `sendonce_${prometheus}`,
      kind,
      labels.join(", ") || "–",
      otel,
    ]);
    expect(told).toEqual(real);
  });

  test("has every line of the log, and no other", () => {
    expect(
      table("`event`")
        .map(([event]) => event)
        .sort(),
    ).toEqual(Object.keys(lines).sort());
  });

  test.each(Object.entries(lines).filter(([, line]) => Array.isArray(line)))(
    "%s has its level and its words",
    (event, line) => {
      const [, level, words] = table("`event`").find(([name]) => name === event) ?? [];
      expect([level, words]).toEqual(line);
    },
  );
});
