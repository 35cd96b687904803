import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manifestOf, root } from "../house/repository.js";
import { startRedis } from "../kit/redis/server.js";
import { buildIfStale, environment, packAll, run, tool } from "./pack.js";

/** Where the consumer lives: far from the workspace, so that nothing resolves by accident. */
let home: string;
let url: string;
let emulator: ChildProcess;

beforeAll(async () => {
  home = realpathSync(mkdtempSync(join(tmpdir(), "sendonce-consumer-")));
  cpSync(join(root, "test", "packages", "consumer"), home, { recursive: true });
  for (const name of ["typed", "telegraf-typed"])
    for (const extension of ["mts", "cts"])
      cpSync(join(home, `${name}.ts`), join(home, `${name}.${extension}`));
  await buildIfStale();
  await installTarballs();
  await startEmulator();
}, 180_000);

afterAll(async () => {
  if (emulator?.exitCode === null && emulator.kill()) await once(emulator, "exit");
  if (home !== undefined) rmSync(home, { recursive: true, force: true });
});

async function installTarballs(): Promise<void> {
  const tarballs = await packAll(home);
  const node = manifestOf().devDependencies?.["@types/node"];
  const dependencies = {
    ...Object.fromEntries([...tarballs].map(([name, path]) => [`@sendonce/${name}`, `file:${path}`])),
    grammy: versionHere("grammy"),
    telegraf: versionHere("telegraf"),
    "@types/node": node,
  };
  writeFileSync(
    join(home, "package.json"),
    JSON.stringify({ name: "consumer", private: true, dependencies }),
  );
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"], {
    cwd: home,
  });
}

const versionHere = (name: string): string =>
  (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string })
    .version;

/** The program that the emulator's package installs. */
async function startEmulator(): Promise<void> {
  const bin = join(home, "node_modules", ".bin", "sendonce-emulator");
  emulator = spawn(bin, ["--port", "0"], {
    cwd: home,
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of emulator.stdout!.iterator({ destroyOnReturn: false })) {
    said += chunk;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
    if (found && said.includes("ledger")) {
      url = found[0];
      return;
    }
  }
  throw new Error(`sendonce-emulator ended: ${said}`);
}

/** Runs a script as the consumer would; it has 20 s to end by itself. */
const node = (script: string, ...args: (string | number)[]): Promise<string> =>
  run(process.execPath, [script, ...args.map(String)], { cwd: home, timeoutMs: 20_000 });

async function textsIn(chat: number): Promise<string[]> {
  const response = await fetch(`${url}/_emulator/ledger?chat=${chat}`);
  const { received } = (await response.json()) as { received: { text: string }[] };
  return received.map(({ text }) => text);
}

async function sendsOnce(script: string, chat: number, text: string): Promise<void> {
  const { ids } = JSON.parse(await node(script, url, chat)) as { ids: number[] };
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
  expect(await textsIn(chat)).toEqual([text]);
}

describe("a consumer outside the workspace installs the packed tarballs", () => {
  test("an ESM script that sends a message twice sends it once", () =>
    sendsOnce("import.mjs", 101, "from ESM"));

  test("a CommonJS script that sends a message twice sends it once", () =>
    sendsOnce("require.cjs", 102, "from CommonJS"));

  test.each([
    ["an ESM", "telegraf.mjs", 111, "from Telegraf, ESM"],
    ["a CommonJS", "telegraf.cjs", 112, "from Telegraf, CommonJS"],
  ])("%s script with Telegraf that sends a message twice sends it once", (_, script, chat, text) =>
    sendsOnce(script, chat, text),
  );

  test("a TypeScript bot with a context of its own compiles as ESM and as CommonJS, and sends once", async () => {
    await run(tool("tsc"), ["-p", "tsconfig.json", "--outDir", "compiled"], { cwd: home });
    await sendsOnce("compiled/typed.mjs", 103, "from TypeScript");
    await sendsOnce("compiled/typed.cjs", 104, "from TypeScript");
    await sendsOnce("compiled/telegraf-typed.mjs", 113, "from Telegraf, TypeScript");
    await sendsOnce("compiled/telegraf-typed.cjs", 114, "from Telegraf, TypeScript");
  });

  test("the same bot type-checks as a bundler resolves it", async () => {
    const bundler = ["--module", "ESNext", "--moduleResolution", "Bundler", "--noEmit"];
    await run(tool("tsc"), ["-p", "tsconfig.json", ...bundler], { cwd: home });
  });

  test("an ESM delivery() works in a CommonJS guard, and so do its scopes", async () => {
    expect(JSON.parse(await node("mixed.mjs", url, 105))).toEqual({
      twoCopies: true,
      keyReplayed: true,
      keyObeyed: true,
      update: 78,
    });
    expect(await textsIn(105)).toEqual(["keyed", "scoped", "scoped", "answered", "answered"]);
  });

  test("a bundler that drops what is unused keeps the scopes", async () => {
    await run(tool("tsup"), ["--config", "bundle.config.mjs"], { cwd: home });
    expect(readFileSync(join(home, "bundled", "mixed.mjs"), "utf8")).not.toMatch(/from\s*"@sendonce/);
    const said = JSON.parse(await node(join("bundled", "mixed.mjs"), url, 106)) as object;
    expect(said).toMatchObject({ keyReplayed: true, keyObeyed: true, update: 78 });
    expect(await textsIn(106)).toEqual(["keyed", "scoped", "scoped", "answered", "answered"]);
  });

  test("a one-shot script on the embedded store sends and exits by itself", async () => {
    expect(JSON.parse(await node("one-shot.mjs", url, 107))).toEqual({ sent: true });
    expect(await textsIn(107)).toEqual(["from cron"]);
  });

  test("an ESM and a CommonJS process with REDIS_URL share what they have sent, and each exits by itself", async () => {
    const redis = await startRedis();
    const env = { ...environment(), REDIS_URL: redis.url };
    const share = (script: string) =>
      run(process.execPath, [script, url, "108"], { cwd: home, timeoutMs: 20_000, env });
    expect(await share("shared.cjs")).toBe(await share("shared.mjs"));
    expect(await textsIn(108)).toEqual(["from everywhere"]);
  });

  test.each(["shared.mjs", "shared.cjs"])("with a Redis that refuses, %s sends by itself", async (script) => {
    const env = { ...environment(), REDIS_URL: "redis://127.0.0.1:1" };
    const chat = script === "shared.mjs" ? 109 : 110;
    await run(process.execPath, [script, url, String(chat)], { cwd: home, timeoutMs: 20_000, env });
    expect(await textsIn(chat)).toEqual(["from everywhere"]);
  });

  test.each(["@sendonce/core", "@sendonce/core/testing"])(
    "importing %s loads no framework and no Redis",
    async (entry) => {
      for (const script of ["loads-esm.mjs", "loads-cjs.cjs"]) {
        const loaded = JSON.parse(await node(script, entry)) as string[];
        const packages = new Set(
          loaded.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []),
        );
        expect(packages).toContain("@sendonce/core");
        expect([...packages].filter((name) => !["@sendonce/core", "cockatiel"].includes(name))).toEqual([]);
      }
    },
  );
});
