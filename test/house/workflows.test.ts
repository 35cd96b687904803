import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesIn, read, root } from "./repository.js";

const workflows = filesIn(".github/workflows");
const scripts = (JSON.parse(read("package.json")) as { scripts: Record<string, string> }).scripts;

/** What comes with pnpm, or with a development dependency, rather than from our scripts. */
const programs = ["install", "changeset"];

describe("workflows", () => {
  test.each(workflows)("%s runs scripts that there are", (path) => {
    const asked = [...read(path).matchAll(/(?:run|version|publish): pnpm (\S+)/g)].map(([, name]) => name!);
    const files = [...read(path).matchAll(/run: (\.\S+)/g)].map(([, file]) => file!);
    expect([...asked, ...files]).not.toEqual([]);
    expect(asked.filter((name) => !(name in scripts) && !programs.includes(name))).toEqual([]);
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });

  test.each(workflows)("%s says what it may do, and stops by itself", (path) => {
    expect(read(path)).toMatch(/^permissions:/m);
    expect(read(path)).toMatch(/timeout-minutes: \d+/);
  });

  test("a release may prove where it was built, and only there", () => {
    const proving = workflows.filter((path) => read(path).includes("id-token: write"));
    expect(proving).toEqual([".github/workflows/release.yml"]);
  });
});

test("a bug report asks for what the doctor says", () => {
  expect(read(".github/ISSUE_TEMPLATE/bug.yml")).toMatch(/sendonce doctor --json/);
});
