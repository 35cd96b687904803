import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { afterAll } from "vitest";

const packageFolder = fileURLToPath(new URL("../../packages/cli", import.meta.url));

/** CommonJS that is bundled into a module asks for `require`. */
const banner =
  'import { createRequire as forBundled } from "node:module"; const require = forBundled(import.meta.url);';

const outDir = join(packageFolder, "node_modules", `.sendonce-${process.pid}`);

let building: Promise<string> | undefined;

afterAll(() => rmSync(outDir, { recursive: true, force: true }));

/**
 * The program as one file, as it is published: a run of it costs a quarter of what the sources cost that are translated
 * at each start. Built once by each test file, where its packages are found, and removed after it.
 */
export function builtProgram(): Promise<string> {
  building ??= bundle();
  return building;
}

async function bundle(): Promise<string> {
  await build({
    config: false,
    silent: true,
    dts: false,
    splitting: false,
    entry: { main: join(packageFolder, "src/main.ts") },
    outDir,
    format: ["esm"],
    target: "node20",
    // What core brings is not found from here; what the tool itself depends on is.
    noExternal: [/^@sendonce\//, "cockatiel", "redis-semaphore", "debug"],
    external: ["ioredis", "commander", "picocolors", "cli-table3", "log-update"],
    banner: { js: banner },
  });
  return join(outDir, "main.js");
}
