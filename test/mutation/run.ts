import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import areas from "./areas.json" with { type: "json" };
import { row, tallyOf } from "./tally.js";

/**
 * `pnpm mutate [area…]`: Stryker over each area in turn, by the tests that answer for it, then a table of the
 * scores. Ends with 1 where an area is below the score that stryker.config.mjs asks for.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const chosen = process.argv.slice(2);
const names = chosen.length > 0 ? chosen : Object.keys(areas);
const failed = names.filter((name) => !passes(name));
console.log(
  ["| area | killed | timeout | survived | no coverage | score |", "|---|--:|--:|--:|--:|--:|"].join("\n"),
);
for (const name of names) console.log(row(name, tallyOf(reportOf(name))));
process.exitCode = failed.length > 0 ? 1 : 0;

function passes(name: string): boolean {
  const env = { ...process.env, MUTATION_AREA: name };
  const stryker = join(root, "node_modules/.bin/stryker");
  return spawnSync(stryker, ["run"], { cwd: root, env, stdio: "inherit" }).status === 0;
}

function reportOf(name: string) {
  return JSON.parse(readFileSync(join(root, `reports/mutation/${name}.json`), "utf8"));
}
