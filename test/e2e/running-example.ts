import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Doubled, Received } from "@sendonce/emulator";

const root = fileURLToPath(new URL("../..", import.meta.url));
const preload = fileURLToPath(new URL("../kit/without-sendonce/preload.mjs", import.meta.url));

/** The text of a file among the examples. */
export const textOf = (name: string): string => readFileSync(join(root, "examples", name), "utf8");

/** Every example, by file name. What they share is not one. */
export const examples = readdirSync(join(root, "examples")).filter(
  (name) => name.endsWith(".ts") && name !== "offline.ts",
);

/** Those that show what only a Redis can. */
export const overRedis = examples.filter((name) => textOf(name).includes('from "./kit/redis-url.js"'));

/** Those with people in them, who tell what they received: run with Sendonce and without it. */
export const staged = examples.filter(
  (name) => textOf(name).includes('from "./offline.js"') && !overRedis.includes(name),
);

/** What an example says about itself in its last comment. */
export function promised(name: string): string {
  const said = /\/\* Prints:\n([\s\S]*?)\*\/\s*$/.exec(textOf(name));
  if (!said) throw new Error(`examples/${name} must end in a comment /* Prints: … */ with its output`);
  return said[1] as string;
}

/** How an example is run. */
export interface Staging {
  /** Whether the adapters do anything. @default true */
  readonly guarded?: boolean;
  /** Where the local Telegram writes down what people received. */
  readonly ledgerFile?: string;
  /** The Redis of an example that wants one. @default none */
  readonly redisUrl?: string;
}

/** What a run came to. */
export interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** Runs an example as its reader would, without a bot token, until it ends by itself. */
export function run(name: string, { guarded = true, ledgerFile, redisUrl }: Staging = {}): Promise<Run> {
  const { BOT_TOKEN: _, CHAT_ID: __, REDIS_URL: ___, ...env } = process.env;
  const loaders = ["--import", "tsx", ...(guarded ? [] : ["--import", preload])];
  const child = spawn(process.execPath, [...loaders, `examples/${name}`], {
    cwd: root,
    env: {
      ...env,
      ...(ledgerFile && { EXAMPLE_LEDGER: ledgerFile }),
      ...(redisUrl && { REDIS_URL: redisUrl }),
    },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 25_000,
  });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, complaints }));
  });
}

/** What an example printed, and what people received. */
export interface Performance {
  readonly output: string;
  readonly received: readonly Received[];
  readonly doubled: readonly Doubled[];
}

/** Runs an example with or without Sendonce. @throws Error with its output when it does not end well */
export async function perform(name: string, guarded: boolean): Promise<Performance> {
  const folder = await mkdtemp(join(tmpdir(), "example-"));
  try {
    const ledgerFile = join(folder, "ledger.json");
    const { code, output, complaints } = await run(name, { guarded, ledgerFile });
    if (code !== 0) throw new Error(`${name} ended with ${code}:\n${output}${complaints}`);
    return { output, ...JSON.parse(await readFile(ledgerFile, "utf8")) };
  } finally {
    await rm(folder, { recursive: true });
  }
}
