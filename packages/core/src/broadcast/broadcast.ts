import { setMaxListeners } from "node:events";
import type { Call, Payload } from "../call.js";
import { defaults } from "../defaults.js";
import { deliveryOf } from "../delivered.js";
import { carried } from "../delivery-options.js";
import type { Guard } from "../guard.js";
import { waitUntil } from "../limiter/wait.js";
import { isPaidBroadcast } from "../methods.js";
import { outsideUpdate } from "../scope.js";
import { type Ending, endingOf } from "./ending.js";
import { addressed, chatIdOf, type MessageFor, type Recipient } from "./message.js";
import { type BroadcastOptions, checkedBroadcast } from "./options.js";
import { concurrencyFor } from "./pace.js";
import { type BroadcastProgress, Tally } from "./progress.js";
import { Recipients } from "./recipients.js";
import { Uploads } from "./uploads.js";

/** How a broadcast reaches Telegram: a framework's guarded api, as its adapter sees it. */
export interface BroadcastApi {
  readonly guard: Guard;
  /** Makes one call as user code would. Rejects with the framework's own error. */
  call(method: string, payload: Payload): Promise<unknown>;
  /** Recognises the framework's file objects. */
  readonly fileOf?: Call["fileOf"];
}

/** Steers a broadcast and tells how far it is. */
export interface BroadcastControls extends AsyncIterable<BroadcastProgress> {
  /** How far it is now. */
  readonly progress: BroadcastProgress;
  /** Takes no more recipients until `resume()`; what is on its way goes on. */
  pause(): void;
  resume(): void;
  /** Takes no more recipients and gives reserved turns back; requests that are open end. Ends as `"aborted"`. */
  abort(): void;
}

/** A broadcast that runs: await it for its last progress, iterate it to follow, or steer it. */
export type Broadcast = Promise<BroadcastProgress> & BroadcastControls;

/**
 * Sends a message to many, at the pace of the limits, each recipient once: runs again under the same `id`, after a
 * crash or in another process at the same time, serve nobody twice. Memory does not grow with the recipients.
 * Who blocked the bot is reported, not tried again; a group that has become a supergroup is served there.
 *
 * @param api a framework's guarded api; the adapters' own `broadcast` takes theirs
 * @param recipients chat ids, or objects with `chat_id`: a list, an iterable or an async iterable
 * @param message a text, a payload without `chat_id`, or a function that writes one for each recipient
 * @throws ConfigurationError naming the option and the remedy
 */
export function broadcast<R extends Recipient>(
  api: BroadcastApi,
  recipients: Iterable<R> | AsyncIterable<R>,
  message: MessageFor<R>,
  options: BroadcastOptions<R>,
): Broadcast {
  const run = new Run(api, recipients, message, options);
  const done = outsideUpdate(() => run.done());
  const controls = {
    pause: () => run.pause(),
    resume: () => run.resume(),
    abort: () => run.abort(),
    [Symbol.asyncIterator]: () => run.follow(done),
  };
  Object.defineProperty(done, "progress", { get: () => run.progress, enumerable: true });
  return Object.assign(done as Promise<BroadcastProgress> & Pick<BroadcastControls, "progress">, controls);
}

class Run<R extends Recipient> {
  readonly #api: BroadcastApi;
  readonly #recipients: Recipients<R>;
  readonly #message: MessageFor<R>;
  readonly #options: ReturnType<typeof checkedBroadcast<R>>;
  readonly #uploads: Uploads;
  readonly #tally: Tally;
  readonly #abandon = new AbortController();
  #state: BroadcastProgress["state"] = "running";
  #gate: { readonly open: Promise<void>; readonly release: () => void } | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(
    api: BroadcastApi,
    recipients: Iterable<R> | AsyncIterable<R>,
    message: MessageFor<R>,
    options: BroadcastOptions<R>,
  ) {
    this.#api = api;
    this.#options = checkedBroadcast(options);
    this.#recipients = new Recipients(recipients, options.total);
    this.#message = message;
    this.#uploads = new Uploads(api.fileOf);
    this.#tally = new Tally(api.guard.clock);
    // Every call that waits listens to it; that many are no leak.
    setMaxListeners(0, this.#abandon.signal);
  }

  get progress(): BroadcastProgress {
    return this.#tally.snapshot(this.#options.id, this.#state, this.#recipients.total);
  }

  async done(): Promise<BroadcastProgress> {
    const { signal } = this.#options;
    const abort = () => this.abort();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    const { guard } = this.#api;
    const stop = guard.clock.every(defaults.broadcast.reportEveryMs, () => this.#report());
    try {
      await Promise.all(Array.from({ length: this.#concurrency() }, () => this.#worker()));
      if (this.#failure) throw this.#failure.error;
      if (this.#state !== "aborted") this.#state = "done";
      return this.progress;
    } finally {
      stop();
      signal?.removeEventListener("abort", abort);
      this.#report();
      await this.#recipients.close();
    }
  }

  pause(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    let release = () => {};
    const open = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#gate = { open, release };
  }

  resume(): void {
    if (this.#state === "paused") this.#state = "running";
    this.#gate?.release();
    this.#gate = undefined;
  }

  abort(): void {
    if (this.#state === "done") return;
    this.resume();
    this.#state = "aborted";
    this.#abandon.abort();
  }

  /** How far it is, again and again, and at its end once more. */
  async *follow(done: Promise<unknown>): AsyncGenerator<BroadcastProgress, void> {
    let over = false;
    const ended = () => {
      over = true;
    };
    const end = done.then(ended, ended);
    while (!over) {
      yield this.progress;
      await waitUntil(this.#api.guard.clock, end, defaults.broadcast.followEveryMs, undefined);
    }
    await done;
    yield this.progress;
  }

  #concurrency(): number {
    const { concurrency, priority } = this.#options;
    if (concurrency !== undefined) return concurrency;
    const message = this.#message;
    const paid = typeof message === "object" && isPaidBroadcast(message as Payload);
    return concurrencyFor(this.#api.guard.rules, priority, paid);
  }

  get #stopped(): boolean {
    return this.#state === "aborted" || this.#failure !== undefined;
  }

  async #worker(): Promise<void> {
    try {
      while (!this.#stopped) {
        await this.#gate?.open;
        if (this.#stopped) return;
        const next = await this.#recipients.take();
        if (next === undefined) return;
        await this.#serve(next.value);
      }
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  /** Until it is clear what became of this recipient. */
  async #serve(recipient: R): Promise<void> {
    const { method, fields } = addressed(this.#message, recipient);
    let chat = chatIdOf(recipient);
    let moved = false;
    let pauseMs: number = defaults.broadcast.retryMs.first;
    while (!this.#stopped) {
      const ending = await this.#try(method, chat, fields);
      if (ending === undefined) return;
      if (ending.kind === "migrated" && !moved) {
        moved = true;
        chat = ending.to;
        this.#tally.migrated();
        this.#options.onMigrated?.({ recipient, to: ending.to });
        continue;
      }
      if (ending.kind !== "again") return this.#failed(recipient, ending);
      await this.#api.guard.clock.sleep(ending.afterMs ?? pauseMs, this.#abandon.signal);
      pauseMs = Math.min(2 * pauseMs, defaults.broadcast.retryMs.longest);
    }
  }

  /** Undefined when the recipient has it. */
  async #try(method: string, chat: number | string, fields: Payload): Promise<Ending | undefined> {
    const prepared = await this.#uploads.prepare(fields);
    try {
      const result = await this.#api.call(method, {
        ...prepared.fields,
        chat_id: chat,
        ...this.#delivery(),
      });
      prepared.settle(result);
      this.#tally.sent(deliveryOf(result)?.replayed ?? false);
      return undefined;
    } catch (error) {
      prepared.settle();
      const ending = endingOf(error);
      // Under the same id it can be run again once that is mended.
      if (ending.kind === "over") throw error;
      return ending;
    }
  }

  /** Whoever was served under this id was served, even if the text has been mended since. */
  #delivery(): object {
    const { id, priority, ttlMs } = this.#options;
    const maxWaitMs = defaults.broadcast.maxWaitMs;
    const abandon = this.#abandon.signal;
    return carried({ key: `broadcast:${id}`, priority, ttlMs, maxWaitMs, onMismatch: "replay", abandon });
  }

  #failed(recipient: R, ending: Ending): void {
    const { kind, description } =
      ending.kind === "failed"
        ? { kind: ending.failure, description: ending.description }
        : { kind: "rejected" as const, description: "the chat migrated twice" };
    this.#tally.failed(kind);
    this.#options.onFailed?.({ recipient, kind, description });
  }

  #report(): void {
    this.#api.guard.announce("broadcast", this.progress);
  }
}
