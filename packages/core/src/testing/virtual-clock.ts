import type { AbortSignalLike } from "../call.js";
import type { Clock } from "../clock.js";

interface Timer {
  at: number;
  readonly order: number;
  readonly fire: () => void;
}

/** Turns of the event loop given to pending work before time moves on. */
const turnsPerStep = 12;
/** Turns without any timer after which a run is declared stuck. */
const patience = 20_000;

/** A clock that tests move by hand or let run ahead to whatever comes next. */
export class VirtualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #orders = 0;
  #suspendedMs = 0;

  /** @param startMs milliseconds since 1970 */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now = (): number => this.#now;

  sleep = (ms: number, signal?: AbortSignalLike): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = this.#add(this.#now + Math.max(0, ms), wake);
      const drop = () => this.#drop(timer);
      signal?.addEventListener("abort", wake);
      function wake() {
        drop();
        signal?.removeEventListener("abort", wake);
        resolve();
      }
    });

  every = (ms: number, tick: () => void): (() => void) => {
    let timer = this.#add(this.#now + ms, again);
    const add = () => {
      timer = this.#add(this.#now + ms, again);
    };
    function again() {
      add();
      tick();
    }
    return () => this.#drop(timer);
  };

  stopwatch = (): (() => number) => {
    const from = this.#now + this.#suspendedMs;
    return () => this.#now + this.#suspendedMs - from;
  };

  /** The machine sleeps: time passes, and no timer of this process notices. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }

  /** Sleepers and repeating timers. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves time by `ms`, waking sleepers in order and letting them work in between. */
  async advance(ms: number): Promise<void> {
    const until = wholeMicros(this.#now + ms);
    await settle();
    while (this.#timers.length > 0 && this.#timers[0]!.at <= until) await this.#step();
    this.#now = until;
    await settle();
  }

  /** Runs ahead, from one sleeper to the next, until `work` is done. Rejects when nothing can move any more. */
  async run<T>(work: Promise<T>): Promise<T> {
    let over = false;
    const done = () => {
      over = true;
    };
    work.then(done, done);
    for (let idle = 0; !over; ) {
      await settle();
      if (over) break;
      if (this.#timers.length > 0) {
        await this.#step();
        idle = 0;
      } else if (++idle > patience) {
        throw new Error("virtual time stands still: nobody sleeps and the work is not done");
      }
    }
    return work;
  }

  async #step(): Promise<void> {
    const timer = this.#timers.shift()!;
    this.#now = Math.max(this.#now, timer.at);
    timer.fire();
    await settle();
  }

  #add(time: number, fire: () => void): Timer {
    const at = wholeMicros(time);
    const timer = { at, order: this.#orders++, fire };
    const behind = this.#timers.findIndex((other) => other.at > at);
    this.#timers.splice(behind < 0 ? this.#timers.length : behind, 0, timer);
    return timer;
  }

  #drop(timer: Timer): void {
    const place = this.#timers.indexOf(timer);
    if (place >= 0) this.#timers.splice(place, 1);
  }
}

/** Virtual time moves in whole microseconds, as stores count; a float of milliseconds since 1970 holds no less. */
const wholeMicros = (ms: number): number => Math.ceil(ms * 1000 - 0.3) / 1000;

async function settle(): Promise<void> {
  for (let turn = 0; turn < turnsPerStep; turn++) await new Promise(setImmediate);
}
