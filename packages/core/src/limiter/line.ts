import type { AbortSignalLike } from "../call.js";
import type { Clock } from "../clock.js";
import { waitUntil } from "./wait.js";

/**
 * Lines of waiting calls, one per chat and class: only the head of a line asks the store, so calls of this
 * process to one chat keep their order, and nobody polls. A call that returns after a 429 gets its old place.
 */
export class Lines {
  readonly #lines = new Map<string, Ticket[]>();
  readonly #clock: Clock;
  #arrivals = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes a place at the end of the line. The holder must `leave` it. */
  join(line: string): Ticket {
    const ticket = new Ticket(this.#lines, line, this.#arrivals++, this.#clock);
    ticket.rejoin();
    return ticket;
  }

  /** Lines that somebody stands in. */
  get size(): number {
    return this.#lines.size;
  }
}

/** A place in a line, kept by order of arrival. */
export class Ticket {
  readonly #lines: Map<string, Ticket[]>;
  readonly #line: string;
  readonly #arrival: number;
  readonly #clock: Clock;
  #wake: (() => void) | undefined;

  constructor(lines: Map<string, Ticket[]>, line: string, arrival: number, clock: Clock) {
    this.#lines = lines;
    this.#line = line;
    this.#arrival = arrival;
    this.#clock = clock;
  }

  /** Steps into the line at the place of its arrival; standing in it already, does nothing. */
  rejoin(): void {
    const line = this.#lines.get(this.#line);
    if (line === undefined) {
      this.#lines.set(this.#line, [this]);
      return;
    }
    if (line.includes(this)) return;
    const behind = line.findIndex((other) => other.#arrival > this.#arrival);
    line.splice(behind < 0 ? line.length : behind, 0, this);
  }

  /** Steps out and wakes the next; the last one removes the line. */
  leave(): void {
    const line = this.#lines.get(this.#line) ?? [];
    const place = line.indexOf(this);
    if (place < 0) return;
    line.splice(place, 1);
    if (line.length === 0) this.#lines.delete(this.#line);
    else if (place === 0) line[0]!.#wake?.();
  }

  /** Waits to be the head, at most `ms`. Answers whether it is. */
  async head(ms: number, ...signals: readonly (AbortSignalLike | undefined)[]): Promise<boolean> {
    if (this.isHead) return true;
    const called = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    await waitUntil(this.#clock, called, ms, ...signals);
    this.#wake = undefined;
    return this.isHead && !signals.some((signal) => signal?.aborted);
  }

  /** Nobody stands before it. */
  get isHead(): boolean {
    return this.#lines.get(this.#line)?.[0] === this;
  }
}
