import { setMaxListeners } from "node:events";
import type { Call, Payload } from "../call.js";
import { defaults } from "../defaults.js";
import { deliveryOf } from "../delivered.js";
import { carried } from "../delivery-options.js";
import { ConfigurationError } from "../errors.js";
import type { Guard } from "../guard.js";
import { pause } from "../limiter/wait.js";
import { isPaidBroadcast } from "../methods.js";
import { outsideUpdate } from "../scope.js";
import type { Broadcast, BroadcastControls } from "./controls.js";
import { type Ending, endingOf, type FailureKind } from "./ending.js";
import { Gate } from "./gate.js";
import { chatIdOf, type Letter, letterOf, type MessageFor, type Recipient } from "./message.js";
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

/**
 * Sends a message to many, at the pace of the limits, each recipient once: runs again under the same `id`, after a
 * crash or in another process at the same time, serve nobody twice. Memory does not grow with the recipients.
 * Who blocked the bot is reported, not tried again; a group that has become a supergroup is served there.
 *
 * It rejects when going on makes no sense: the token is refused, the guard was closed, the recipients broke off, a
 * callback threw. Mend that and run it again under its id.
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

/** One recipient's message on its way. */
interface Parcel<R> {
  readonly recipient: R;
  readonly letter: Letter;
  chat: number | string;
  moved: boolean;
  /** Errors that neither Telegram nor the network made. */
  strange: number;
  pauseMs: number;
}

/** An error that stays after so many tries is the code's around it, whatever its class. */
const strangeTries = 3;

class Run<R extends Recipient> {
  readonly #api: BroadcastApi;
  readonly #recipients: Recipients<R>;
  readonly #write: (recipient: R) => Letter | Promise<Letter>;
  /** The letter, where it is the same for everybody. */
  readonly #circular: Letter | undefined;
  readonly #options: ReturnType<typeof checkedBroadcast<R>>;
  readonly #uploads: Uploads;
  readonly #tally: Tally;
  readonly #abandon = new AbortController();
  readonly #gate = new Gate();
  #state: BroadcastProgress["state"] = "running";
  #failure: { readonly error: unknown } | undefined;

  constructor(
    api: BroadcastApi,
    recipients: Iterable<R> | AsyncIterable<R>,
    message: MessageFor<R>,
    options: BroadcastOptions<R>,
  ) {
    this.#api = api;
    this.#options = checkedBroadcast(options);
    if (typeof message === "function") {
      this.#write = async (recipient) => letterOf(await message(recipient));
    } else {
      const circular = letterOf(message);
      this.#circular = circular;
      this.#write = () => circular;
    }
    this.#recipients = new Recipients(recipients, options.total, this.#abandon.signal);
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
    // Whoever rests or is paused finds out by its next call, which is refused: nothing is sent by a closed guard.
    const { closing } = this.#api.guard;
    const goOn = () => this.resume();
    closing.addEventListener("abort", goOn);
    const stopReports = this.#api.guard.clock.every(defaults.broadcast.reportEveryMs, () => this.#report());
    await Promise.all(Array.from({ length: this.#concurrency() }, () => this.#worker()));
    await this.#recipients.close().catch((error) => this.#fail(error));
    if (!this.#stopped) this.#state = "done";
    stopReports();
    signal?.removeEventListener("abort", abort);
    closing.removeEventListener("abort", goOn);
    this.#report();
    if (this.#failure) throw this.#failure.error;
    return this.progress;
  }

  pause(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.#gate.shut();
  }

  resume(): void {
    if (this.#state === "paused") this.#state = "running";
    this.#gate.open();
  }

  abort(): void {
    if (this.#state === "running" || this.#state === "paused") this.#stop("aborted");
  }

  /** How far it is, again and again, and at its end once more. */
  async *follow(done: Promise<unknown>): AsyncGenerator<BroadcastProgress, void> {
    const end = new AbortController();
    const ended = () => end.abort();
    done.then(ended, ended);
    while (!end.signal.aborted) {
      yield this.progress;
      await this.#api.guard.clock.sleep(defaults.broadcast.followEveryMs, end.signal);
    }
    await done;
    yield this.progress;
  }

  #concurrency(): number {
    const { concurrency, priority } = this.#options;
    const paid = this.#circular !== undefined && isPaidBroadcast(this.#circular.fields);
    return concurrency ?? concurrencyFor(this.#api.guard.rules, priority, paid);
  }

  get #stopped(): boolean {
    return this.#state === "aborted" || this.#state === "failed";
  }

  #stop(state: "aborted" | "failed"): void {
    this.#state = state;
    this.#gate.open();
    this.#abandon.abort();
  }

  /** After an abort it is nobody's trouble any more. */
  #fail(error: unknown): void {
    if (this.#stopped) return;
    this.#failure = { error };
    this.#stop("failed");
  }

  async #worker(): Promise<void> {
    try {
      for (;;) {
        await this.#gate.pass();
        if (this.#stopped) return;
        const next = await this.#recipients.take();
        if (next === undefined) return;
        await this.#serve(next.value);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  async #serve(recipient: R): Promise<void> {
    const parcel = await this.#parcelFor(recipient);
    for (let through = parcel === undefined; !through; ) through = await this.#isThrough(parcel!);
  }

  /** Undefined, and reported, where nothing can be made for this recipient. The others are served. */
  async #parcelFor(recipient: R): Promise<Parcel<R> | undefined> {
    try {
      const chat = chatIdOf(recipient);
      const letter = await this.#write(recipient);
      return { recipient, letter, chat, moved: false, strange: 0, pauseMs: defaults.broadcast.retryMs.first };
    } catch (error) {
      await this.#failed(recipient, "invalid", String((error as Error | undefined)?.message ?? error), error);
      return undefined;
    }
  }

  /** One try. Is it clear now what became of it? */
  async #isThrough(parcel: Parcel<R>): Promise<boolean> {
    await this.#gate.pass();
    if (this.#stopped) return true;
    const failure = await this.#try(parcel);
    if (failure === undefined) return true;
    const { ending, error } = failure;
    switch (ending.kind) {
      case "failed":
        // Missing for one, it is missing for all.
        if (ending.failure === "invalid" && this.#circular) throw error;
        await this.#failed(parcel.recipient, ending.failure, ending.description, error);
        return true;
      case "migrated":
        return this.#hasMovedTwice(parcel, ending.to, error);
      case "again":
        return this.#rested(parcel, ending.afterMs);
      case "strange":
        if (++parcel.strange === strangeTries) throw error;
        return this.#rested(parcel);
      case "over":
        throw error;
    }
  }

  /** Undefined when the recipient has it. */
  async #try({ letter, chat }: Parcel<R>): Promise<{ ending: Ending; error: unknown } | undefined> {
    if (!this.#api.guard.remembers(letter.method)) throw forgetful(letter.method);
    const prepared = await this.#uploads.prepare(letter.fields);
    try {
      const payload = { ...prepared.fields, chat_id: chat, ...this.#delivery() };
      const result = await this.#api.call(letter.method, payload);
      prepared.settle(result);
      this.#tally.sent(deliveryOf(result)?.replayed ?? false);
      return undefined;
    } catch (error) {
      prepared.settle();
      return { ending: endingOf(error), error };
    }
  }

  /** Whoever was served under this id was served, even if the text has been mended since. */
  #delivery(): object {
    const { id, priority, ttlMs } = this.#options;
    const maxWaitMs = defaults.broadcast.maxWaitMs;
    const abandon = this.#abandon.signal;
    return carried({ key: `broadcast:${id}`, priority, ttlMs, maxWaitMs, onMismatch: "replay", abandon });
  }

  async #hasMovedTwice(parcel: Parcel<R>, to: number | string, error: unknown): Promise<boolean> {
    const { recipient, moved } = parcel;
    if (moved) {
      await this.#failed(recipient, "rejected", "the chat migrated twice", error);
      return true;
    }
    parcel.moved = true;
    parcel.chat = to;
    this.#tally.migrated();
    await this.#options.onMigrated?.({ recipient, to });
    return false;
  }

  /**
   * Whatever it was, it may be over after a while: answers that the parcel is not through. Spread, because what was
   * away for one was away for all, and hundreds who come back in step would overrun it again.
   */
  async #rested(parcel: Parcel<R>, ms?: number): Promise<false> {
    const spreadMs = parcel.pauseMs * (0.5 + Math.random() / 2);
    const { clock, closing } = this.#api.guard;
    await pause(clock, ms ?? spreadMs, this.#abandon.signal, closing);
    parcel.pauseMs = Math.min(2 * parcel.pauseMs, defaults.broadcast.retryMs.longest);
    return false;
  }

  async #failed(recipient: R, kind: FailureKind, description: string, error: unknown): Promise<void> {
    this.#tally.failed(kind);
    await this.#options.onFailed?.({ recipient, kind, description, error });
  }

  #report(): void {
    this.#api.guard.announce("broadcast", this.progress);
  }
}

const forgetful = (method: string): ConfigurationError =>
  new ConfigurationError(
    `a broadcast needs deduplication, because its id is the key of each message: leave \`idempotency\` on for ${method}`,
  );
