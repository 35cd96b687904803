import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** How a run of the demo went. */
export interface Ended {
  code: number | null;
  output: string;
  seconds: number;
}

/** Runs the demo as `pnpm demo` does, without a terminal, and waits until it has ended by itself. */
export const demo = (env: Record<string, string> = {}): Promise<Ended> => startDemo(env).ended;

/** A demo that runs. */
export interface RunningDemo {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  output(): string;
}

/** Starts the demo; of the variables that it reads it has those of `env` alone. */
export function startDemo(env: Record<string, string>, ...args: string[]): RunningDemo {
  const { BOT_TOKEN: _, CHAT_ID: __, API_ROOT: ___, REDIS_URL: ____, ...rest } = process.env;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ["--import", "tsx", "demo/main.ts", ...args], {
    cwd: root,
    env: { ...rest, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 100_000,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, seconds: (performance.now() - startedAt) / 1000 }));
  });
  return { child, ended, output: () => output };
}

/** A row of the table at the end. */
export interface Row {
  scenario: string;
  side: string;
  intended: number;
  received: number;
  doubled: number;
  missing: number;
  floods: number;
}

/** The rows of the table at the end. */
export function rowsOf(output: string): Row[] {
  let scenario = "";
  return output
    .split("\n")
    .filter((line) => /^│.*│ with(out)? +│/.test(line))
    .map((line) => {
      const [title = "", side = "", ...cells] = line
        .split("│")
        .slice(1)
        .map((cell) => cell.trim());
      scenario = title || scenario;
      const [intended, received, doubled, missing, floods] = cells.map((cell) =>
        Number.parseInt(cell.replaceAll(",", ""), 10),
      ) as [number, number, number, number, number];
      return { scenario, side, intended, received, doubled, missing, floods };
    });
}
