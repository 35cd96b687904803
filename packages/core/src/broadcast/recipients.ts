import { ConfigurationError } from "../errors.js";

/** Hands out the items of a list, an iterable or an async iterable, one by one, to many askers. */
export class Recipients<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly total: number | undefined;
  #next: Promise<unknown> = Promise.resolve();
  #over = false;

  /** @throws ConfigurationError for what cannot be walked */
  constructor(source: Iterable<T> | AsyncIterable<T>, total: number | undefined) {
    this.#iterator = iteratorOf(source);
    this.total = total ?? sizeOf(source);
  }

  /** The next one; undefined when there is none. Askers are served one after another: generators demand it. */
  take(): Promise<{ readonly value: T } | undefined> {
    const turn = this.#next.then(() => this.#step());
    this.#next = turn.catch(() => {});
    return turn;
  }

  /** No more will be taken: a generator may close its file or its cursor. */
  async close(): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#iterator.return?.();
  }

  async #step(): Promise<{ readonly value: T } | undefined> {
    if (this.#over) return undefined;
    const { done, value } = await this.#iterator.next();
    if (done) this.#over = true;
    return done ? undefined : { value };
  }
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
