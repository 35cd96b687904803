/**
 * What our packages weigh in a bundle, minified and gzipped, against the limits below. `--why` also tells which
 * folders of the source weigh what.
 */
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { root } from "../house/repository.js";

interface Weighed {
  readonly what: string;
  readonly entry: string;
  /** What a bot imports of it; all of it by default. The rest is dropped, as every bundler does. */
  readonly names?: readonly string[];
  /** 1 kB is 1,000 bytes. */
  readonly limit: number;
}

const core = "packages/core/src/index.ts";

/** What is not ours, or is weighed in a row of its own. */
const external = ["@sendonce/*", "cockatiel", "ioredis", "redis-semaphore", "@opentelemetry/api"];
const frameworks = ["grammy", "telegraf", "prom-client", "cli-progress"];

const weighed: readonly Weighed[] = [
  { what: "core: createGuard", entry: core, names: ["createGuard"], limit: 45_000 },
  { what: "core: everything", entry: core, limit: 65_000 },
  { what: "core: IdempotencyGuard", entry: core, names: ["IdempotencyGuard"], limit: 15_000 },
  { what: "core: TokenBucketRateLimiter", entry: core, names: ["TokenBucketRateLimiter"], limit: 15_000 },
  { what: "core: memoryStore", entry: core, names: ["memoryStore"], limit: 8_000 },
  { what: "core/redis", entry: "packages/core/src/redis/index.ts", limit: 25_000 },
  { what: "core/opentelemetry", entry: "packages/core/src/opentelemetry/index.ts", limit: 6_000 },
  { what: "grammy", entry: "packages/grammy/src/index.ts", limit: 3_000 },
  { what: "telegraf", entry: "packages/telegraf/src/index.ts", limit: 3_000 },
  { what: "prometheus", entry: "packages/prometheus/src/index.ts", limit: 2_000 },
];

for (const one of weighed) {
  const { bytes, late, inputs } = await weigh(one);
  const kB = (count: number): string => `${(count / 1000).toFixed(2)} kB`;
  const more = late > 0 ? `, and ${kB(late)} when it is first needed` : "";
  console.log(`${one.what.padEnd(30)} ${kB(bytes).padStart(9)} of ${kB(one.limit)}${more}`);
  if (process.argv.includes("--why")) console.log(byFolder(inputs));
  if (bytes > one.limit) {
    console.error(`${one.what} is ${bytes - one.limit} bytes too heavy: look with --why`);
    process.exitCode = 1;
  }
}

/** A bundle, as a bot's own would be: what loads with the import, and what loads later. */
async function weigh({ entry, names }: Weighed) {
  const own = names ? "<stdin>" : entry;
  const bot = `export { ${names?.join(", ")} } from "./${entry}"`;
  const { outputFiles, metafile } = await build({
    ...(names ? { stdin: { contents: bot, resolveDir: root } } : { entryPoints: [entry] }),
    absWorkingDir: root,
    outdir: "out",
    bundle: true,
    minify: true,
    splitting: true,
    metafile: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    external: [...external, ...frameworks],
  });
  const zipped = new Map(outputFiles.map(({ path, contents }) => [path, gzipSync(contents).length]));
  const atOnce = new Set<string>();
  const [first] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === own) ?? [];
  load(first!, metafile, atOnce);
  const sum = (paths: readonly string[]): number =>
    paths.reduce((total, path) => total + (zipped.get(join(root, path)) ?? 0), 0);
  const all = Object.keys(metafile.outputs);
  return {
    bytes: sum([...atOnce]),
    late: sum(all.filter((path) => !atOnce.has(path))),
    inputs: all.flatMap((path) => Object.entries(metafile.outputs[path]!.inputs)),
  };
}

/** The chunks that an import brings with it: all but those behind an `import()`. */
function load(path: string, metafile: Metafile, loaded: Set<string>): void {
  if (loaded.has(path)) return;
  loaded.add(path);
  for (const { path: next, kind, external: isForeign } of metafile.outputs[path]!.imports)
    if (kind === "import-statement" && !isForeign) load(next, metafile, loaded);
}

/** Minified bytes by folder, heaviest first. */
function byFolder(inputs: readonly (readonly [string, { readonly bytesInOutput: number }])[]): string {
  const folders = new Map<string, number>();
  for (const [path, { bytesInOutput }] of inputs) {
    const folder = dirname(path);
    folders.set(folder, (folders.get(folder) ?? 0) + bytesInOutput);
  }
  return [...folders]
    .sort(([, a], [, b]) => b - a)
    .map(([folder, bytes]) => `  ${String(bytes).padStart(7)}  ${folder}`)
    .join("\n");
}
