import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { ConsumerHome } from "./consumer-home.js";
import { environment, run, tool } from "./pack.js";
import { provideRuntimes, type Runtime, runOn, runtimes } from "./runtimes.js";

const consumer = new ConsumerHome();
const { folder: home } = consumer;
let url: string;

beforeAll(async () => {
  await Promise.all([consumer.prepare(), provideRuntimes()]);
  url = consumer.url;
}, 180_000);

afterAll(() => consumer.close());

/** Runs a script as the consumer would; it has 20 s to end by itself. */
const node = (script: string, ...args: (string | number)[]): Promise<string> =>
  run(process.execPath, [script, ...args.map(String)], { cwd: home, timeoutMs: 20_000 });

const textsIn = (chat: number): Promise<string[]> => consumer.textsIn(chat);

/** The script says which messages its two equal sends made: it must be one, and the chat must have got one. */
async function saysOnce(said: string, chat: number, text: string): Promise<void> {
  const { ids } = JSON.parse(said) as { ids: number[] };
  expect(ids).toHaveLength(2);
  expect(ids[0]).toBe(ids[1]);
  expect(await textsIn(chat)).toEqual([text]);
}

const sendsOnce = async (script: string, chat: number, text: string): Promise<void> =>
  saysOnce(await node(script, url, chat), chat, text);

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

describe.each(runtimes)("the same tarballs on $name", (runtime) => {
  // Chats of its own.
  const first = 1000 * (runtimes.indexOf(runtime) + 1);
  const runs = (script: string, chat: number, env?: NodeJS.ProcessEnv) =>
    runOn(runtime, script, [url, String(chat)], env ? { cwd: home, env } : { cwd: home });

  test("it is the program that its name says", async () => {
    const versions = JSON.parse(await runOn(runtime, "versions.mjs", [], { cwd: home })) as object;
    expect(versions).toMatchObject({ [engineOf(runtime)]: runtime.from.split("@").at(-1) });
  });

  test.each([
    ["grammY, ESM", "import.mjs", first + 1, "from ESM"],
    ["grammY, CommonJS", "require.cjs", first + 2, "from CommonJS"],
    ["Telegraf, ESM", "telegraf.mjs", first + 3, "from Telegraf, ESM"],
    ["Telegraf, CommonJS", "telegraf.cjs", first + 4, "from Telegraf, CommonJS"],
  ])("%s: a message that is sent twice is sent once", async (_, script, chat, text) =>
    saysOnce(await runs(script, chat), chat, text),
  );

  test("keys, scopes and updates are known, across an ESM and a CommonJS copy", async () => {
    const said = JSON.parse(await runs("mixed.mjs", first + 5)) as object;
    expect(said).toEqual({ twoCopies: true, keyReplayed: true, keyObeyed: true, update: 78 });
    expect(await textsIn(first + 5)).toEqual(["keyed", "scoped", "scoped", "answered", "answered"]);
  });

  test("over Redis it sends once together with this Node, and exits by itself", async () => {
    const redis = await startRedis();
    const env = { ...environment(), REDIS_URL: redis.url };
    const here = await run(process.execPath, ["shared.mjs", url, String(first + 6)], { cwd: home, env });
    expect(await runs("shared.mjs", first + 6, env)).toBe(here);
    expect(await runs("shared.cjs", first + 6, env)).toBe(here);
    expect(await textsIn(first + 6)).toEqual(["from everywhere"]);
  });
});

/** Under which name it tells its version: each of them also tells which Node it resembles. */
const engineOf = ({ name }: Runtime): string => name.toLowerCase().split(" ")[0]!;
