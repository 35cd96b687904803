import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesIn, packageNames, read, root } from "./repository.js";

/** What stands in the first column of the page's tables. */
const named = [...read("docs/architecture.md").matchAll(/^\| `([^`]+)` \|/gm)].map(([, path]) => path!);

/** The folders directly below `folder` that hold something. */
function foldersIn(folder: string): string[] {
  const below = filesIn(folder).map((path) => path.slice(folder.length + 1).split("/"));
  return [...new Set(below.filter((parts) => parts.length > 1).map(([first]) => `${folder}/${first}`))];
}

/** Folders of code at the top, and one level further down where the page goes there. */
const tops = ["lua", "examples", "demo", "bench", "grafana", "docs"];
const folders = [
  ...tops,
  ...packageNames().map((name) => `packages/${name}/src`),
  ...packageNames().flatMap((name) => foldersIn(`packages/${name}/src`)),
  ...foldersIn("test"),
];

const coreFiles = filesIn("packages/core/src").filter((path) =>
  /^packages\/core\/src\/[^/]+(?<!\.test)\.ts$/.test(path),
);

describe("docs/architecture.md", () => {
  test("names nothing that is not there", () => {
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("names every folder of the code, and every file beside core's folders, once", () => {
    expect([...named].sort()).toEqual([...folders, ...coreFiles].sort());
  });

  test("draws the layers that the arrows are held to", () => {
    const drawn = read("docs/architecture.md");
    const layers = [...read("test/house/arrows.test.ts").matchAll(/\{ name: "(\w+)", files/g)];
    const spread = [...read("test/house/arrows.test.ts").matchAll(/^ {4}name: "(\w+)",$/gm)];
    const names = [...layers, ...spread].map(([, name]) => name!);
    expect(names).toContain("domain");
    const missing = names.filter((name) => !new RegExp(`^[ │]*${name} {2,}`, "m").test(drawn));
    expect(missing).toEqual([]);
  });
});
