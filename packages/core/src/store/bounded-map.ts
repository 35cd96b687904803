/** What is a bot's own, by its name within the bot. */
export const keyOf = (bot: string, name: string): string => `${bot}:${name}`;

/** How a {@link BoundedMap} treats its entries. */
export interface Bounds<V> {
  /** Entries kept at most. Those that may not be dropped can push it beyond. */
  readonly limit: number;
  readonly isExpired: (value: V, now: number) => boolean;
  /** May the entry be dropped before its time when the map is full? */
  readonly mayDrop: (value: V) => boolean;
  readonly onDropped?: ((count: number) => void) | undefined;
}

/** Entries looked at per write: two for each one added, so expired ones cannot pile up. */
const looksPerWrite = 2;
/** Entries looked at to make room in a full map. */
const looksWhenFull = 64;

/** A map that forgets without a timer: each write looks at two old entries and drops what has expired. */
export class BoundedMap<V> {
  readonly #entries = new Map<string, V>();
  readonly #bounds: Bounds<V>;
  #hand: Iterator<[string, V]> = this.#entries.entries();
  /** Where room is made: going on where it stood saves passing by all that was dropped before. */
  #oldest: Iterator<[string, V]> | undefined;

  constructor(bounds: Bounds<V>) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  /** Writes move an entry to the young end. */
  set(key: string, value: V, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#lookAround(now);
    if (this.#entries.size > this.#bounds.limit) this.#makeRoom(now);
  }

  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  /** Drops everything that has expired. Answers how many. */
  sweep(now: number): number {
    const before = this.#entries.size;
    for (const [key, value] of this.#entries) {
      if (this.#bounds.isExpired(value, now)) this.#entries.delete(key);
    }
    return before - this.#entries.size;
  }

  #lookAround(now: number): void {
    for (let i = 0; i < looksPerWrite; i++) {
      const { value: entry, done } = this.#hand.next();
      if (done) {
        this.#hand = this.#entries.entries();
        // V8 keeps every table that it has given up since, for as long as an iterator stands on the first of them.
        this.#oldest = undefined;
        return;
      }
      if (this.#bounds.isExpired(entry[1], now)) this.#entries.delete(entry[0]);
    }
  }

  /** What may not be dropped moves to the young end, so that it never hides what may. */
  #makeRoom(now: number): void {
    for (let looked = 0; looked < looksWhenFull; looked++) {
      if (this.#entries.size <= this.#bounds.limit) return;
      this.#oldest ??= this.#entries.entries();
      const { value: entry, done } = this.#oldest.next();
      if (done) this.#oldest = undefined;
      else this.#dropOrKeep(entry[0], entry[1], now);
    }
  }

  #dropOrKeep(key: string, value: V, now: number): void {
    const expired = this.#bounds.isExpired(value, now);
    this.#entries.delete(key);
    if (expired) return;
    if (this.#bounds.mayDrop(value)) this.#bounds.onDropped?.(1);
    else this.#entries.set(key, value);
  }
}
