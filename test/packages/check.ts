/**
 * Looks at the packages as they would be published: `pnpm build` first, then this. Ends with 1 and the tools' own
 * words when publint or attw object, or when a tarball holds something that it should not.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import ts from "typescript";
import { foldersAround, leaksIn } from "../house/leaks.js";
import { type Manifest, packageOf, root } from "../house/repository.js";
import { environment, packAll, run, tool } from "./pack.js";

const folder = mkdtempSync(join(tmpdir(), "sendonce-check-"));
try {
  const tarballs = await packAll(folder);
  const results: boolean[] = [];
  for (const [name, tarball] of tarballs) {
    results.push(passes("publint", ["run", tarball, "--strict"]));
    results.push(passes("attw", [tarball, "--profile", "strict", "--no-emoji", "--format", "ascii"]));
    results.push(await holdsWhatItShould(name, tarball));
  }
  if (results.includes(false)) process.exitCode = 1;
  else console.log(`${tarballs.size} packages are fit to publish`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Runs a tool; when it objects, its words are printed as they are. */
function passes(name: string, args: string[]): boolean {
  const { status, stdout, stderr, error } = spawnSync(tool(name), args, {
    cwd: root,
    encoding: "utf8",
    env: environment(),
  });
  if (status === 0) return true;
  console.error(`${name} ${args.join(" ")}\n${stdout ?? ""}${stderr ?? ""}${error ? error.message : ""}`);
  return false;
}

async function holdsWhatItShould(name: string, tarball: string): Promise<boolean> {
  const unpacked = join(folder, name);
  await run("mkdir", [unpacked]);
  await run("tar", ["-xzf", tarball, "-C", unpacked]);
  const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const paths = files.map((file) => relative(join(unpacked, "package"), file));
  const problems = [
    ...["README.md", "LICENSE", "package.json"]
      .filter((file) => !paths.includes(file))
      .map((it) => `no ${it}`),
    ...paths.filter((path) => /(^|\/)(src|test)\/|\.test\.|\.map$/.test(path)).map((path) => `ships ${path}`),
    ...files.flatMap((file) =>
      [...leaksIn(readFileSync(file, "utf8"), foldersAround(root)), ...undeclared(file, unpacked)].map(
        (problem) => `${relative(unpacked, file)}: ${problem}`,
      ),
    ),
  ];
  for (const problem of problems) console.error(`${name}: ${problem}`);
  return problems.length === 0;
}

/** Packages that a shipped file or its types import and that installing the package would not bring. */
function undeclared(file: string, unpacked: string): string[] {
  if (!/\.[cm]?[jt]s$/.test(file)) return [];
  const manifest = JSON.parse(readFileSync(join(unpacked, "package", "package.json"), "utf8")) as Manifest;
  // A package may name itself: core loads its own Redis entry when REDIS_URL asks for it.
  const declared = { [manifest.name]: "itself", ...manifest.dependencies, ...manifest.peerDependencies };
  const { importedFiles } = ts.preProcessFile(readFileSync(file, "utf8"), true, true);
  return importedFiles
    .map(({ fileName }) => packageOf(fileName))
    .filter((wanted) => wanted !== undefined && !(wanted in declared) && !isBuiltin(wanted))
    .map((wanted) => `imports ${wanted}, which is not among its dependencies`);
}
