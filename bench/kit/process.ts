import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { built } from "./build.js";

/** Flags of Node, variables, and how long it may take. */
export interface How {
  readonly timeoutMs?: number;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs one file of the bench in a process of its own and answers the JSON lines that it says. */
export async function runApart<T>(file: string, args: readonly string[], how: How = {}): Promise<T[]> {
  const { timeoutMs = 150_000, flags = [], env = {} } = how;
  const child = spawn(process.execPath, [...flags, join(built, `${file}.js`), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_NO_WARNINGS: "1", ...env },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const said: T[] = [];
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) said.push(JSON.parse(line) as T);
  }
  const code = await ended;
  clearTimeout(timer);
  if (code !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${code}\n${stderr}`);
  return said;
}
