import type { Stage } from "../stage.js";
import type { Failure, Job } from "./job.js";
import { RoundRobin } from "./round-robin.js";
import { Worker } from "./worker.js";

const size = 3;

/** One bot as three processes behind a load balancer. */
export class Fleet {
  readonly workers: Worker[];
  /** What the processes warned of. */
  readonly warnings: Set<string>;
  readonly #balancer: RoundRobin;
  readonly #hire: () => Promise<Worker>;

  private constructor(
    workers: Worker[],
    warnings: Set<string>,
    balancer: RoundRobin,
    hire: () => Promise<Worker>,
  ) {
    this.workers = workers;
    this.warnings = warnings;
    this.#balancer = balancer;
    this.#hire = hire;
  }

  /**
   * Starts the processes and tells Telegram where they are. REDIS_URL is given to the guarded side alone.
   * @param file what a process runs, if not the bot of the scenarios
   */
  static async start(
    stage: Stage,
    redisUrl: string,
    more: NodeJS.ProcessEnv = {},
    file?: URL,
  ): Promise<Fleet> {
    const { REDIS_URL: _, ...rest } = process.env;
    const env = { ...rest, ...more, BOT_TOKEN: stage.token, API_ROOT: stage.telegram.url };
    const warnings = new Set<string>();
    const hire = () =>
      Worker.start(stage.guarded ? { ...env, REDIS_URL: redisUrl } : env, (text) => warnings.add(text), file);
    const workers = await Promise.all(Array.from({ length: size }, hire));
    const balancer = await RoundRobin.before(workers.map(({ port }) => port));
    await stage.aim(balancer.url);
    return new Fleet(workers, warnings, balancer, hire);
  }

  /** Gives each process its job, all at once; answers what failed, process by process. */
  do(jobOf: (index: number) => Job): Promise<Failure[][]> {
    return Promise.all(this.workers.map((worker, i) => worker.do(jobOf(i))));
  }

  /** A new process in place of a dead one, as a service manager starts it; off the load balancer. */
  async restart(index: number): Promise<Worker> {
    const worker = await this.#hire();
    this.workers[index] = worker;
    return worker;
  }

  async close(): Promise<void> {
    this.#balancer.close();
    await Promise.all(this.workers.map((worker) => worker.kill()));
  }
}
