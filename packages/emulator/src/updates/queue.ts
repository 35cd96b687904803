import { type EmulatedUpdate, laneOf } from "./update.js";

/** An update that the bot has not confirmed yet. */
export interface QueuedUpdate {
  readonly update: EmulatedUpdate;
  /** Whose order it keeps. */
  readonly lane: string;
  /** Ms since 1970. */
  readonly queuedAt: number;
  /** Handed to getUpdates at least once. */
  served: boolean;
  /** Attempts to deliver it to a webhook. */
  attempts: number;
}

/** A bot's updates in the order in which they came. */
export class UpdateQueue {
  #waiting: QueuedUpdate[] = [];
  #lastId = 100_000_000;
  readonly #seen = new Set<number>();
  readonly #repeated = new WeakSet<QueuedUpdate>();
  readonly #listeners = new Set<() => void>();

  /** The number of updates that wait. */
  get size(): number {
    return this.#waiting.length;
  }

  /** The next update_id. */
  nextId(): number {
    return this.#lastId + 1;
  }

  /** Adds an update at `now` (ms); the same one may be added again, as Telegram redelivers. */
  push(update: EmulatedUpdate, now: number): void {
    const entry = { update, lane: laneOf(update), queuedAt: now, served: false, attempts: 0 };
    if (this.#seen.has(update.update_id)) this.#repeated.add(entry);
    this.#seen.add(update.update_id);
    this.#lastId = Math.max(this.#lastId, update.update_id);
    this.#waiting.push(entry);
    for (const listener of [...this.#listeners]) listener();
  }

  /** Forgets what an offset confirms. A repeated update stays until it was served once. A negative offset keeps only the last ones. */
  confirm(offset: number): void {
    if (offset < 0) this.#waiting = this.#waiting.slice(offset);
    else this.#waiting = this.#waiting.filter((entry) => !this.#confirmed(entry, offset));
  }

  /** Up to `limit` updates for getUpdates. */
  serve(limit: number): EmulatedUpdate[] {
    const entries = this.#waiting.slice(0, limit);
    for (const entry of entries) entry.served = true;
    return entries.map(({ update }) => structuredClone(update));
  }

  /** The lanes in which something waits. */
  lanes(): string[] {
    return [...new Set(this.#waiting.map(({ lane }) => lane))];
  }

  /** The oldest update of a lane. */
  first(lane: string): QueuedUpdate | undefined {
    return this.#waiting.find((entry) => entry.lane === lane);
  }

  /** Takes one out. */
  remove(entry: QueuedUpdate): void {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
  }

  /** Takes all out. */
  clear(): void {
    this.#waiting = [];
  }

  /** Calls `listener` on every new update, until the returned function is called. */
  onPush(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #confirmed(entry: QueuedUpdate, offset: number): boolean {
    return entry.update.update_id < offset && (entry.served || !this.#repeated.has(entry));
  }
}
