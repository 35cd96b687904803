import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesIn, importsOf, root } from "../house/repository.js";
import { run } from "./pack.js";

const folder = mkdtempSync(join(tmpdir(), "sendonce-platform-"));
const empty = join(folder, "empty.js");

beforeAll(() => run("touch", [empty]));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A bundle whose bundler put an empty module in place of one of Node's, as those for browsers do. */
async function bundledWithout(missing: string, format: "esm" | "cjs"): Promise<string> {
  const outfile = join(folder, `${missing.replace(/\W/g, "-")}.${format === "esm" ? "mjs" : "cjs"}`);
  await build({
    absWorkingDir: root,
    entryPoints: ["packages/core/src/index.ts"],
    bundle: true,
    platform: "node",
    format,
    outfile,
    alias: { [missing]: empty },
    external: ["@sendonce/core/redis"],
    logLevel: "error",
  });
  return outfile;
}

/** What importing a file ends in. */
const imported = (file: string): Promise<string> =>
  run(process.execPath, [
    "--input-type=module",
    "--eval",
    `await import(${JSON.stringify(pathToFileURL(file).href)}).then(
      () => console.log("imported"),
      ({ name, code, message }) => console.log(name, code, message),
    )`,
  ]);

describe.each(["esm", "cjs"] as const)(
  "where something is missing, the import of a bundle (%s) says",
  (format) => {
    test.each([
      ["node:async_hooks", "AsyncLocalStorage"],
      ["node:crypto", "createHash"],
    ])("of %s that there is no %s, and what to do", async (missing, name) => {
      const said = await imported(await bundledWithout(missing, format));
      expect(said).toMatch(`ConfigurationError configuration Sendonce needs ${name} of ${missing}`);
      expect(said).toMatch(/Node 20 or newer.*set the platform to "node".*edge runtime/);
    });
  },
);

test("what may be missing is imported by one file of core's root alone", () => {
  const elsewhere = filesIn("packages/core/src")
    .filter((path) => !/\.test\.ts$|\/(redis|testing)\//.test(path))
    .flatMap(importsOf)
    .filter(({ specifier }) => /^node:(async_hooks|crypto)$/.test(specifier))
    .map(({ from }) => from);
  expect(new Set(elsewhere)).toEqual(new Set(["packages/core/src/platform.ts"]));
});
