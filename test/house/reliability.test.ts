import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "./repository.js";

/** docs/reliability.md says of each fault which test shows what happens: those tests are there, under those names. */
const rows = readFileSync(join(root, "docs/reliability.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| fault /.test(line));

describe("docs/reliability.md", () => {
  test.each(rows.map((row) => [row.split("|")[1]!.trim(), row] as const))("%s: has its test", (_, row) => {
    const [, file, name = ""] = /\| `(\S+\.test\.ts)`(?: "([^"]+)")? \|$/.exec(row) ?? [];
    expect(file, `the row ends in no test: ${row}`).toBeDefined();
    expect(readFileSync(join(root, file!), "utf8")).toContain(name);
  });

  test("has rows", () => {
    expect(rows.length).toBeGreaterThan(30);
  });
});
