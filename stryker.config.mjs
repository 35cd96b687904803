import { readFileSync } from "node:fs";

/** Started by test/mutation/run.ts, once for each area; see docs/mutation.md. */
const area = process.env.MUTATION_AREA ?? "";
const areas = JSON.parse(readFileSync(new URL("test/mutation/areas.json", import.meta.url), "utf8"));
const { mutate } = areas[area] ?? {};
if (!mutate) throw new Error(`MUTATION_AREA must be one of ${Object.keys(areas).join(", ")}; got "${area}"`);

const reports = `reports/mutation/${area}`;

/** @type {import("@stryker-mutator/api/core").PartialStrykerOptions} */
export default {
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "test/mutation/vitest.config.ts" },
  coverageAnalysis: "perTest",
  mutate: [...mutate.map((path) => (path.endsWith("/") ? `${path}*.ts` : path)), "!**/*.test.ts"],
  concurrency: 2,
  timeoutMS: 15_000,
  timeoutFactor: 2,
  // What the tests of an area need, and nothing else: a sandbox is a copy.
  ignorePatterns: [
    "/*",
    "!/packages",
    "/packages/*",
    "!/packages/core",
    "dist",
    "!/test",
    "/test/*",
    "!/test/{caps,model,mutation}",
  ],
  tempDirName: ".stryker-tmp",
  incremental: true,
  incrementalFile: `${reports}.incremental.json`,
  reporters: ["clear-text", "json", "html"],
  clearTextReporter: { allowColor: false, logTests: false },
  jsonReporter: { fileName: `${reports}.json` },
  htmlReporter: { fileName: `${reports}.html` },
  thresholds: { high: 95, low: 85, break: 85 },
};
