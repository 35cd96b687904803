import { spawn } from "node:child_process";
import { builtProgram } from "./built.js";

/** What a run of the program came to. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** All that the program has said in this file, for the search after secrets. */
export const everythingSaid: string[] = [];

/** Runs the program as its user would, against the Redis of a URL, until it ends. */
export async function sendonce(redis: string | undefined, ...args: readonly string[]): Promise<Ran> {
  const { REDIS_URL: _, ...env } = process.env;
  const child = spawn(process.execPath, [await builtProgram(), ...args], {
    env: { ...env, ...(redis !== undefined && { REDIS_URL: redis }) },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 25_000,
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      everythingSaid.push(out, err);
      resolve({ code, out, err });
    });
  });
}
