import type { AbortSignalLike } from "../../call.js";
import type { Clock } from "../../clock.js";
import { VirtualClock } from "../virtual-clock.js";

/** Real milliseconds in a row without a byte, a command or a step before time moves on. */
const calmTicks = 4;
/** Real milliseconds without anything to move to after which a law is stuck. */
const patienceMs = 10_000;
/** Moves of the time within one run after which it leads nowhere. */
const mostSteps = 2_000;

/**
 * Virtual time beside real sockets. It stands still while bytes move or a store works, and goes to the next
 * sleeper when all is calm: what takes a minute takes some milliseconds, and what is on its way arrives first.
 */
export class LawClock implements Clock {
  readonly #virtual = new VirtualClock(Date.now());
  readonly #dues = new Set<{ at: number }>();
  #stirs = 0;
  #working = 0;

  now = (): number => this.#virtual.now();

  sleep = async (ms: number, signal?: AbortSignalLike): Promise<void> => {
    const due = { at: this.now() + Math.max(0, ms) };
    this.#dues.add(due);
    await this.#virtual.sleep(ms, signal);
    this.#dues.delete(due);
  };

  every = (ms: number, tick: () => void): (() => void) => {
    const due = { at: this.now() + ms };
    this.#dues.add(due);
    const stop = this.#virtual.every(ms, () => {
      due.at = this.now() + ms;
      tick();
    });
    return () => {
      this.#dues.delete(due);
      stop();
    };
  };

  /** Bytes have moved. */
  stir(): void {
    this.#stirs++;
  }

  /** Time stands still during work whose end is certain, such as a store's command. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#working++;
    try {
      return await work;
    } finally {
      this.#working--;
      this.stir();
    }
  }

  /** Lets time run until `work` is done. */
  async run<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const end = () => {
      over = true;
    };
    work.then(end, end);
    const isOver = () => over;
    for (let steps = 0; ; steps++) {
      await this.#calm(isOver);
      if (over) return work;
      if (steps > mostSteps) throw new Error("time runs and the work does not end");
      await this.#goTo(await this.#someDue(isOver));
    }
  }

  /** Lets `ms` of time pass. */
  async pass(ms: number): Promise<void> {
    const until = this.now() + ms;
    for (;;) {
      await this.#calm();
      const due = this.#nextDue;
      if (due === undefined || due > until) return this.#goTo(until);
      await this.#goTo(due);
    }
  }

  /** Waits, with time standing still, until `condition` holds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    const givenUp = performance.now() + patienceMs;
    while (!condition()) {
      if (performance.now() > givenUp) throw new Error(`did not happen: ${what}`);
      await realMillisecond();
    }
  }

  /** Waits until nothing has moved for a while. */
  async #calm(over: () => boolean = () => false): Promise<void> {
    for (let calm = 0; calm < calmTicks && !over(); ) {
      const before = this.#stirs;
      await realMillisecond();
      calm = this.#stirs === before && this.#working === 0 ? calm + 1 : 0;
    }
  }

  async #someDue(over: () => boolean): Promise<number | undefined> {
    await this.until(() => over() || this.#nextDue !== undefined, "an end, or something to wait for");
    return over() ? undefined : this.#nextDue;
  }

  async #goTo(time: number | undefined): Promise<void> {
    if (time !== undefined) await this.#virtual.advance(Math.max(0, time - this.now()));
  }

  get #nextDue(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#dues) if (next === undefined || at < next) next = at;
    return next;
  }
}

/** A timer and a turn of the loop after it: a starved process counts no calm that it did not have. */
async function realMillisecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise(setImmediate);
}
