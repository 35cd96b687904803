import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

/** A process of its own that runs one of the tests' TypeScript files and talks by lines. */
export class Worker {
  readonly #process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: { readonly line: string; readonly resolve: () => void }[] = [];
  #stderr = "";

  constructor(file: string, env: Record<string, string>) {
    const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
    this.#process = spawn(process.execPath, ["--import", "tsx", path], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    createInterface({ input: this.#process.stdout! }).on("line", (line) => this.#heard(line));
    this.#process.stderr!.on("data", (chunk) => {
      this.#stderr += chunk;
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Lines it has printed so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get stderr(): string {
    return this.#stderr;
  }

  tell(line: string): void {
    this.#process.stdin!.write(`${line}\n`);
  }

  /** Resolves when it has printed `line`; rejects when it ends without. */
  async says(line: string): Promise<void> {
    if (this.#lines.includes(line)) return;
    const said = new Promise<void>((resolve) => this.#waiting.push({ line, resolve }));
    const ended = once(this.#process, "exit").then(([code]) => {
      if (!this.#lines.includes(line))
        throw new Error(`ended with ${code} before "${line}": ${this.#stderr}`);
    });
    await Promise.race([said, ended]);
  }

  /** Kills it, or waits for its end; answers the exit code. */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return exitCode;
    const ended = once(this.#process, "exit");
    if (signal) this.#process.kill(signal);
    const [code] = await ended;
    return code as number | null;
  }

  #heard(line: string): void {
    this.#lines.push(line);
    for (const { line: awaited, resolve } of this.#waiting) if (awaited === line) resolve();
  }
}

/** Starts a worker that is killed when the test ends. */
export function startWorker(file: string, env: Record<string, string>): Worker {
  const worker = new Worker(file, env);
  onTestFinished(async () => void (await worker.end("SIGKILL")));
  return worker;
}
