import { createEmulator, type Emulator } from "@sendonce/emulator";
import { keys } from "../kit/redis/commands.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { Worker } from "../kit/worker.js";

/** Real processes, a real Redis and an emulator behind a real socket, for as long as a file of tests runs. */
export class RealWorld {
  readonly emulator: Emulator = createEmulator();
  readonly #servers: RedisServer[] = [];
  readonly #workers: Worker[] = [];

  /** A Redis of one's own. */
  async redis(): Promise<RedisServer> {
    const server = await startRedis();
    this.#servers.push(server);
    return server;
  }

  /** Starts a process; it says `ready` when it can begin. */
  start(file: "sender" | "metronome", on: RedisServer, env: Record<string, string>): Worker {
    const places = { API_ROOT: this.emulator.url, REDIS_URL: `redis://127.0.0.1:${on.port}` };
    const worker = new Worker(`pace/workers/${file}.ts`, { ...places, ...env });
    this.#workers.push(worker);
    return worker;
  }

  /** Arrivals of a bot's messages, oldest first. */
  arrivals(token: string) {
    return this.emulator.ledger
      .received()
      .filter(({ bot, text }) => bot === Number.parseInt(token, 10) && text !== "warm-up")
      .sort((one, other) => one.at - other.at);
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.end("SIGKILL")));
    await this.emulator.close();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

/** All of them can begin. */
export const ready = (workers: readonly Worker[]) =>
  Promise.all(workers.map((worker) => worker.says("ready")));

/** All begin at one moment, by the clock that the processes of a machine share; answers when all have sent. */
export async function begin(workers: readonly Worker[], gapMs = 0): Promise<void> {
  const from = performance.timeOrigin + performance.now() + 200;
  workers.forEach((worker, i) => {
    worker.tell(`${from + i * gapMs}`);
  });
  await Promise.all(workers.map((worker) => worker.says("done")));
}

/** What a worker said after a word. */
export const said = ({ lines }: Worker, word: string): string =>
  lines.find((line) => line.startsWith(`${word} `))!.slice(word.length + 1);

/** From the first to the last, in ms. */
export const lasted = (times: readonly number[]): number => times.at(-1)! - times[0]!;

/** Real time: other processes are at work. */
export const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The keys of all rules. */
export const bucketsIn = (redis: RedisServer): Promise<string[]> => keys(redis.connect(), "*:l:*");
