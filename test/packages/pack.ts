import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { packageNames, root } from "../house/repository.js";

const execute = promisify(execFile);

/** Runs a program to its end. @throws with everything that the program said */
export async function run(
  file: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { cwd = root, timeoutMs = 120_000, env = environment() } = options;
  try {
    const { stdout } = await execute(file, args, { cwd, timeout: timeoutMs, env });
    return stdout;
  } catch (error) {
    const { stdout, stderr, killed } = error as { stdout?: string; stderr?: string; killed?: boolean };
    const why = killed ? `did not end within ${timeoutMs} ms` : "failed";
    throw new Error(`${basename(file)} ${args.join(" ")} ${why}\n${stdout ?? ""}${stderr ?? ""}`);
  }
}

/** Ours, without what the test runner and the package manager around it told only each other. */
export function environment(): NodeJS.ProcessEnv {
  const inner = /^(npm_(?!config_)|pnpm_|VITEST|NODE_OPTIONS$|NODE_PATH$|NODE_ENV$|FORCE_COLOR$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !inner.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: "1" };
}

/** A program of the workspace's development dependencies. */
export const tool = (name: string): string => join(root, "node_modules", ".bin", name);

/** Builds what has no build, or an older one than its source. */
export async function buildIfStale(): Promise<void> {
  const stale = packageNames().filter((name) => newest(name) > oldestBuilt(name));
  if (stale.length === 0) return;
  await pnpm([...stale.flatMap((name) => ["--filter", `./packages/${name}`]), "run", "build"]);
}

/**
 * Packs every package as it would be published; returns the tarballs by the packages' folder names.
 *
 * @param workspace where the packages are: here, or a copy
 */
export async function packAll(folder: string, workspace = root): Promise<Map<string, string>> {
  await pnpm(["-r", "--filter", "./packages/*", "pack", "--pack-destination", folder], workspace);
  const files = readdirSync(folder);
  return new Map(
    packageNames().map((name) => {
      const tarball = files.find((file) => file.startsWith(`sendonce-${name}-`) && file.endsWith(".tgz"));
      if (tarball === undefined) throw new Error(`${name} was not packed; there is ${files.join(", ")}`);
      return [name, join(folder, tarball)];
    }),
  );
}

/** The pnpm that runs this script, or the one that the README names: npm would not apply publishConfig. */
function pnpm(args: string[], cwd = root): Promise<string> {
  const parent = process.env.npm_execpath ?? "";
  if (!/^pnpm/.test(basename(parent))) return run("npx", ["--yes", "pnpm@12", ...args], { cwd });
  const [file, ...first] = /\.[cm]?js$/.test(parent) ? [process.execPath, parent] : [parent];
  return run(file, [...first, ...args], { cwd });
}

function newest(name: string): number {
  const folder = join(root, "packages", name);
  const sources = readdirSync(join(folder, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    .map((entry) => join(entry.parentPath, entry.name));
  return Math.max(...[...sources, join(folder, "tsup.config.ts")].map((path) => statSync(path).mtimeMs));
}

function oldestBuilt(name: string): number {
  const built = ["index.js", "index.cjs", "index.d.ts", "index.d.cts"].map((file) =>
    join(root, "packages", name, "dist", file),
  );
  return Math.min(...built.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));
}
