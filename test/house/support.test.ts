import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runtimes } from "../packages/runtimes.js";
import { type Manifest, manifestOf, read, root } from "./repository.js";

const page = read("docs/support.md");

/** The cells of the row whose first cell is `name`. */
function row(name: string): string[] {
  const line = page.split("\n").find((text) => text.startsWith(`| ${name} |`));
  return (line ?? "").split("|").map((cell) => cell.trim());
}

const installed = (name: string): string =>
  (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string })
    .version;

const peerOf = ({ peerDependencies }: Manifest, name: string): string => peerDependencies?.[name] ?? "";

describe("docs/support.md", () => {
  test.each(runtimes)("$name stands there with the version that the tests run", ({ name, from }) => {
    expect(row(name)[2]).toBe(from.split("@").at(-1));
  });

  test.each([
    ["grammY", "grammy", "grammy"],
    ["Telegraf", "telegraf", "telegraf"],
    ["prom-client", "prom-client", "prometheus"],
    ["`@opentelemetry/api`", "@opentelemetry/api", "core"],
  ])("%s: from what its peer range says, tried with what is installed", (title, dependency, name) => {
    const [, , from, tried] = row(title);
    expect(peerOf(manifestOf(name), dependency)).toMatch(new RegExp(`^\\^${from}(\\.0)*$`));
    expect(`${installed(dependency)}.`.startsWith(`${tried}.`)).toBe(true);
  });

  test("says what the import says where something is missing", () => {
    const said = read("packages/core/src/platform.ts");
    const remedy = /there is none here\. (.*?) \(one for/.exec(said)?.[1];
    expect(page.replaceAll("\n", " ")).toContain(remedy);
  });
});
