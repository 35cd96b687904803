import type { AbortSignalLike } from "../call.js";
import { ConfigurationError } from "../errors.js";

interface Taken<T> {
  readonly value: T;
}

/** Hands out the items of a list, an iterable or an async iterable, one by one, to many askers. */
export class Recipients<T> {
  readonly total: number | undefined;
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #signal: AbortSignalLike;
  #next: Promise<unknown> = Promise.resolve();
  #asking = false;
  #over = false;

  /**
   * @param signal ends all waiting for a source that is slow to tell its next
   * @throws ConfigurationError for what cannot be walked
   */
  constructor(source: Iterable<T> | AsyncIterable<T>, total: number | undefined, signal: AbortSignalLike) {
    this.#iterator = iteratorOf(source);
    this.#signal = signal;
    this.total = total ?? sizeOf(source);
  }

  /** The next one; undefined when there is none. Askers are served one after another: generators demand it. */
  take(): Promise<Taken<T> | undefined> {
    const turn = this.#next.then(() => this.#step());
    this.#next = turn.catch(() => {});
    return unlessAborted(turn, this.#signal);
  }

  /** No more will be taken: a generator may close its file or its cursor. One that hangs is not waited for. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const closing = Promise.resolve(this.#iterator.return?.());
    if (this.#asking) closing.catch(() => {});
    else await closing;
  }

  async #step(): Promise<Taken<T> | undefined> {
    if (this.#over || this.#signal.aborted) return undefined;
    this.#asking = true;
    try {
      const { done, value } = await this.#iterator.next();
      if (done) this.#over = true;
      return done ? undefined : { value };
    } catch (error) {
      // What broke off has nothing left to close.
      this.#over = true;
      throw error;
    } finally {
      this.#asking = false;
    }
  }
}

/** Leaves no listener behind: the signal outlives many turns. */
function unlessAborted<T>(turn: Promise<T>, signal: AbortSignalLike): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const stop = () => resolve(undefined);
    signal.addEventListener("abort", stop);
    const leave = () => signal.removeEventListener("abort", stop);
    turn.then(resolve, reject).then(leave);
    if (signal.aborted) stop();
  });
}

function iteratorOf<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (typeof source === "object" && source !== null) {
    if (Symbol.asyncIterator in source) return source[Symbol.asyncIterator]();
    if (Symbol.iterator in source) return source[Symbol.iterator]();
  }
  throw new ConfigurationError(
    "the recipients of a broadcast must be a list, an iterable or an async iterable of chat ids",
  );
}

function sizeOf(source: object): number | undefined {
  const { length, size } = source as { readonly length?: unknown; readonly size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : undefined;
}
