import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../house/repository.js";
import { environment, run } from "./pack.js";

/** A program that runs JavaScript, other than the one that runs this. */
export interface Runtime {
  readonly name: string;
  /** What npm installs it from, with the version that is tested. */
  readonly from: string;
  /** From the folder that it is installed into. */
  readonly program: string;
  /** Before the script. */
  readonly args: readonly string[];
}

/** Their versions stand in docs/support.md too; a house test compares. */
export const runtimes: readonly Runtime[] = [
  { name: "Node 22", from: "node@22.23.3", program: "node-22/bin/node", args: [] },
  { name: "Node 24", from: "node@24.21.0", program: "node-24/bin/node", args: [] },
  // All permissions: what a bot needs is the network and its environment, but the point here is not Deno's sandbox.
  { name: "Deno", from: "deno@2.9.6", program: ".bin/deno", args: ["run", "--allow-all"] },
  { name: "Bun", from: "bun@1.4.5", program: ".bin/bun", args: [] },
];

/** Kept between runs, since they are half a gigabyte; beside what the package manager keeps, and as safe to delete. */
const folder = join(root, "node_modules", ".cache", "sendonce-runtimes");

const programOf = ({ program }: Runtime): string => join(folder, "node_modules", program);

/** Installs what is not there yet: all of them, the first time. */
export async function provideRuntimes(): Promise<void> {
  const manifest = JSON.stringify({
    private: true,
    dependencies: Object.fromEntries(
      runtimes.map(({ program, from }) => [
        program.startsWith(".bin") ? nameOf(from) : folderOf(program),
        `npm:${from}`,
      ]),
    ),
  });
  const path = join(folder, "package.json");
  const known = existsSync(path) && readFileSync(path, "utf8") === manifest;
  if (known && runtimes.every((runtime) => existsSync(programOf(runtime)))) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, manifest);
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"], {
    cwd: folder,
  });
}

const nameOf = (from: string): string => from.slice(0, from.indexOf("@"));
const folderOf = (program: string): string => program.slice(0, program.indexOf("/"));

/** Runs a script to its end. @throws with everything that it said */
export const runOn = (
  runtime: Runtime,
  script: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<string> =>
  run(programOf(runtime), [...runtime.args, script, ...args], {
    timeoutMs: 20_000,
    // Neither is to ask the network whether there is a newer one.
    env: { ...(options.env ?? environment()), DENO_NO_UPDATE_CHECK: "1" },
    cwd: options.cwd,
  });
