import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Failure, Job, Word } from "./job.js";

const plainBot = new URL("bot.ts", import.meta.url);

/** Those that run. They end with this process: here, or by themselves when it was killed. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Ends every worker that still runs. Answers when all are gone. */
export async function endAllWorkers(): Promise<void> {
  await Promise.all([...running].map(end));
}

async function end(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

type Listening = Word & { kind: "listening" };

/** One process that runs the bot. */
export class Worker {
  /** Of its webhook. */
  readonly port: number;
  /** Of its /metrics, if it serves them. */
  readonly metricsPort: number | undefined;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, { port, metricsPort }: Listening) {
    this.#child = child;
    this.port = port;
    this.metricsPort = metricsPort;
  }

  /** Starts a process and waits until it listens. @throws Error with its last words when it does not */
  static async start(
    env: NodeJS.ProcessEnv,
    onWarning: (text: string) => void,
    file = plainBot,
  ): Promise<Worker> {
    const child = fork(fileURLToPath(file), { env, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    child.on("message", (word: Word) => word.kind === "warning" && onWarning(word.text));
    keepLastWords(child);
    return new Worker(child, await next(child, "listening"));
  }

  /** Gives it one job at a time; answers what failed. @throws Error when it ends before the job does */
  async do(job: Job): Promise<Failure[]> {
    this.#child.send(job);
    return (await next(this.#child, "finished")).failures;
  }

  /** kill -9: it can neither finish nor tell anybody. Answers when it is gone. */
  kill(): Promise<void> {
    return end(this.#child);
  }
}

const lastWords = new WeakMap<ChildProcess, string>();

function keepLastWords(child: ChildProcess): void {
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    lastWords.set(child, ((lastWords.get(child) ?? "") + text).slice(-2_000));
  });
}

/** The next word of a kind. */
function next<Kind extends Word["kind"]>(child: ChildProcess, kind: Kind): Promise<Word & { kind: Kind }> {
  return new Promise((resolve, reject) => {
    const hear = (word: Word) => {
      if (word.kind !== kind) return;
      stop();
      resolve(word as Word & { kind: Kind });
    };
    const fail = (code: number | null, signal: string | null) => {
      stop();
      const words = lastWords.get(child)?.trim();
      reject(new Error(`a bot's process ended with ${signal ?? code}${words ? `: ${words}` : ""}`));
    };
    const stop = () => {
      child.off("message", hear);
      child.off("close", fail);
    };
    child.on("message", hear);
    child.on("close", fail);
  });
}
