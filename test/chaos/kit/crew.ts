import { startWorker, type Worker } from "../../kit/worker.js";

/**
 * Posts that are always manned: when the process at a post dies, another takes its place under a new name. Killed,
 * frozen and thawed by the test; all end with it.
 */
export class Crew {
  /** Names of the processes that were killed. */
  readonly killed = new Set<string>();
  readonly #file: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #posts: { worker: Worker; name: string; life: number }[] = [];

  /**
   * @param file below `test/`, as `startWorker` takes it; it prints "ready" once it can be told things
   * @param env of each process, besides POST (0, 1 …) and PROCESS, its name
   */
  constructor(file: string, env: Readonly<Record<string, string>>) {
    this.#file = file;
    this.#env = env;
  }

  get posts(): number {
    return this.#posts.length;
  }

  /** Mans so many posts and waits until all are ready. */
  async man(posts: number): Promise<void> {
    const from = this.#posts.length;
    for (let post = from; post < from + posts; post++) this.#posts.push(this.#start(post, 1));
    await Promise.all(this.#posts.slice(from).map(({ worker }) => worker.says("ready")));
  }

  /** The process at a post. */
  at(post: number): Worker {
    return this.#posts[post]!.worker;
  }

  /** What the process at a post is called in the histories. */
  nameAt(post: number): string {
    return this.#posts[post]!.name;
  }

  /** A line to every process. */
  tell(line: string): void {
    for (const { worker } of this.#posts) worker.tell(line);
  }

  /** Waits until every process has said it. */
  async say(line: string): Promise<void> {
    await Promise.all(this.#posts.map(({ worker }) => worker.says(line)));
  }

  /** kill -9. The post stays empty until `replace`. */
  async kill(post: number): Promise<void> {
    const { worker, name } = this.#posts[post]!;
    this.killed.add(name);
    await worker.end("SIGKILL");
  }

  /** Puts a new process in the place of a dead one, and waits until it is ready. */
  async replace(post: number): Promise<Worker> {
    const { life } = this.#posts[post]!;
    this.#posts[post] = this.#start(post, life + 1);
    await this.at(post).says("ready");
    return this.at(post);
  }

  /** Freezes a process: it keeps all it has and does nothing. */
  freeze(post: number): void {
    process.kill(this.at(post).pid, "SIGSTOP");
  }

  thaw(post: number): void {
    process.kill(this.at(post).pid, "SIGCONT");
  }

  #start(post: number, life: number) {
    const name = `bot-${post}.${life}`;
    const env = { ...this.#env, POST: `${post}`, PROCESS: name };
    return { worker: startWorker(this.#file, env), name, life };
  }
}
