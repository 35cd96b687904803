import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isIsolatedCircuitError,
} from "cockatiel";
import type { Clock } from "../clock.js";
import { isStoreUnavailable, StoreUnavailable } from "../errors.js";
import { promised } from "../soon.js";
import { roundTrip } from "./examination.js";
import type { Store } from "./port.js";

/** How the round trips of a store are measured. */
export interface Trips {
  /** Does anybody want to know? */
  wanted(): boolean;
  /** @param ms how long it took */
  tell(verb: string, ms: number, ok: boolean): void;
}

/** Whom a circuit serves. */
export interface CircuitOptions {
  readonly clock: Clock;
  readonly trips?: Trips | undefined;
  /** The store is given up, for this reason. */
  readonly onLost: (reason: unknown) => void;
  readonly onBack: () => void;
  /** Is the store owed anything? Then it is looked after although it is there. */
  readonly owes: () => boolean;
  /** Tells it what it is owed. */
  readonly tellOwed: () => Promise<void>;
}

/** Failures in a row after which the store is not asked any more for a while. */
const failuresToBreak = 3;
/** How long it is left alone, and how often it is asked whether it is back or takes what is owed to it, in ms. */
export const probeEveryMs = 1_000;

/**
 * Asks a store, notices when it has gone, leaves it alone then but for a probe each second, and notices when it is back.
 * While all is well the breaker stands aside: it is told of failures, and of the first success after one.
 */
export class Circuit {
  readonly #store: Store;
  readonly #options: CircuitOptions;
  /** Errors of commands that have not left this process. */
  readonly #unasked = new WeakSet<object>();
  readonly #row = new ConsecutiveBreaker(failuresToBreak);
  readonly #breaker = circuitBreaker(
    handleWhen((error) => isStoreUnavailable(error) && !error.moving),
    // It goes by the wall clock, which may be set back by hours; how long it rests is measured here.
    { halfOpenAfter: Number.NEGATIVE_INFINITY, breaker: this.#row },
  );
  /** Who asked last: a probe among other keys might be refused, or go to another node of a Cluster. */
  bot = "probe";
  /** On the guard's clock: until then a store that is away is not asked. */
  #restUntil = 0;
  #away = false;
  /** The last that the breaker was told of is a failure. */
  #shaky = false;
  #resting = false;
  #stopWatching: (() => void) | undefined;
  /** The last look at the store. */
  #looking: Promise<void> | undefined;
  #isolation: { dispose(): void } | undefined;

  constructor(store: Store, options: CircuitOptions) {
    this.#store = store;
    this.#options = options;
    this.#breaker.onBreak((failure) => {
      this.#restUntil = options.clock.now() + probeEveryMs;
      this.#lost("error" in failure ? failure.error : undefined);
    });
    this.#breaker.onReset(() => {
      this.#away = false;
      options.onBack();
    });
  }

  /** Is the store asked without further ado? */
  get isClosed(): boolean {
    return this.#breaker.state === CircuitState.Closed;
  }

  /** Was it given up, and has not been found back yet? */
  get isAway(): boolean {
    return this.#away;
  }

  /** Nobody looks after the store any more. */
  get isResting(): boolean {
    return this.#resting;
  }

  /** @throws StoreUnavailable at once where the store is known to be away */
  ask<T>(verb: string, command: () => Promise<T>): Promise<T> {
    const { clock, trips } = this.#options;
    const from = trips?.wanted() ? clock.now() : undefined;
    if (this.#shaky || !this.isClosed) return this.#askWarily(verb, from, command);
    if (from === undefined) return promised(command).then(this.#well, this.#ill);
    return promised(command).then(
      (answer) => {
        this.#measured(verb, from, true);
        return this.#well(answer);
      },
      (error) => {
        this.#measured(verb, from, false);
        return this.#ill(error);
      },
    );
  }

  /** Has the command of this error left the process? Else nothing has to be taken back. */
  wasAsked(error: unknown): boolean {
    return !this.#unasked.has(error as object);
  }

  /** The error of a command that is not even asked. */
  notAsked(why: string, cause?: unknown): StoreUnavailable {
    const error = new StoreUnavailable(why, { cause });
    this.#unasked.add(error);
    return error;
  }

  /** Looks after the store while it is away, or while it is owed anything. */
  watch(): void {
    if (this.#resting) return;
    this.#stopWatching ??= this.#options.clock.every(probeEveryMs, () => {
      this.#looking = this.#look();
    });
  }

  /** Looks after it no more; a store that is away and is owed anything is asked once whether it is back. */
  async rest(): Promise<void> {
    this.#resting = true;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
    await this.#looking;
    if (this.#away && this.#options.owes()) {
      this.#restUntil = 0;
      await (this.#isolation ? this.#probeWrite() : this.#probe()).catch(() => {});
    }
    if (!this.#away) await this.#options.tellOwed();
  }

  readonly #well = <T>(answer: T): T => {
    // What was asked before the store went, and is answered late, ends the row of failures; it does not end the outage.
    if (!this.isClosed) this.#row.success();
    else if (this.#shaky) void this.#tell(() => Promise.resolve());
    return answer;
  };

  readonly #ill = async (error: unknown): Promise<never> => {
    // One that broke the circuit meanwhile needs no more of them.
    if (this.isClosed) await this.#tell(() => Promise.reject(error));
    if (isStoreUnavailable(error) && error.refusesWrites) this.#isolate(error);
    throw error;
  };

  /** Tells the breaker of a command that is over. */
  async #tell(over: () => Promise<void>): Promise<void> {
    await this.#breaker.execute(over).then(
      () => {
        this.#shaky = false;
      },
      () => {
        this.#shaky = true;
      },
    );
  }

  /** Through the breaker: the store has failed lately, or is away. */
  async #askWarily<T>(verb: string, from: number | undefined, command: () => Promise<T>): Promise<T> {
    const { state } = this.#breaker;
    const rests = state === CircuitState.Open && this.#options.clock.now() < this.#restUntil;
    // Who waited for the probe would be the next probe: behind a store that hangs, a queue would grow for ever.
    if (rests || state === CircuitState.HalfOpen) throw this.notAsked("the store is away");
    try {
      const answer = await this.#breaker.execute(command);
      this.#shaky = false;
      this.#measured(verb, from, true);
      return answer;
    } catch (error) {
      if (isBrokenCircuitError(error) || isIsolatedCircuitError(error)) {
        throw this.notAsked("the store is away", error);
      }
      this.#shaky = true;
      this.#measured(verb, from, false);
      if (isStoreUnavailable(error) && error.refusesWrites) this.#isolate(error);
      throw error;
    }
  }

  /** Tells how long an answer took, to who wanted to know when it was asked. */
  #measured(verb: string, from: number | undefined, ok: boolean): void {
    if (from !== undefined) this.#options.trips?.tell(verb, this.#options.clock.now() - from, ok);
  }

  /** It still answers reads, which would hide from the breaker that it takes nothing any more. */
  #isolate(reason: unknown): void {
    if (this.#isolation) return;
    this.#lost(reason);
    this.#isolation = this.#breaker.isolate();
  }

  #lost(reason: unknown): void {
    if (this.#away) return;
    this.#away = true;
    this.watch();
    this.#options.onLost(reason);
  }

  /** By a write: a server may answer whoever asks for the time, and yet carry out no script. */
  #probe(): Promise<void> {
    return this.ask("probe", () => roundTrip(this.#store, this.bot));
  }

  /** Does it take writes again? */
  async #probeWrite(): Promise<void> {
    await roundTrip(this.#store, this.bot);
    this.#isolation?.dispose();
    this.#isolation = undefined;
  }

  async #look(): Promise<void> {
    if (this.#isolation) await this.#probeWrite().catch(() => {});
    else if (this.#away) await this.#probe().catch(() => {});
    else await this.#options.tellOwed();
    if (this.#away || this.#options.owes()) return;
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }
}
