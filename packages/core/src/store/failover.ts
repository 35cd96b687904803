import { CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from "cockatiel";
import type { Clock } from "../clock.js";
import { isStoreUnavailable, StoreUnavailable } from "../errors.js";
import { MemoryStore } from "./memory.js";
import type {
  Admission,
  AdmitRequest,
  FreezeAnswer,
  FreezeRequest,
  RecordView,
  RenewRequest,
  RuleStats,
  SettleRequest,
  StatsRequest,
  Store,
  StoreHealth,
} from "./port.js";
import { WriteBack } from "./write-back.js";

/** What becomes of calls while the store is away. */
export type WhenStoreDown = "local" | "allow-all" | "reject";

/** Where records are kept right now: `shared`, or what the option says. */
export type StoreMode = "shared" | WhenStoreDown;

export interface FailoverOptions {
  readonly whenStoreDown: WhenStoreDown;
  readonly clock: Clock;
  /** Told at every change, with the reason of a fall. */
  readonly onMode: (mode: StoreMode, reason?: string) => void;
}

/** Failures in a row after which the store is not asked any more for a while. */
const failuresToBreak = 3;
/** How long it is left alone, and how often it is asked whether it is back, in ms. */
const probeEveryMs = 1_000;

/**
 * A store that may go away. What this process has in flight or settled also stands in its memory, so that going
 * local forgets nothing of its own. A run that fell stays where it fell; its outcome is written back when the
 * store is there again.
 */
export class FailoverStore implements Store {
  readonly #shared: Store;
  readonly #local: MemoryStore;
  readonly #options: FailoverOptions;
  readonly #writeBack: WriteBack;
  /** Owners whose runs left the shared store. */
  readonly #fallen = new Set<string>();
  readonly #breaker = circuitBreaker(
    handleWhen((error) => isAway(error)),
    { halfOpenAfter: probeEveryMs, breaker: new ConsecutiveBreaker(failuresToBreak) },
  );
  #stopProbing: (() => void) | undefined;

  constructor(shared: Store, options: FailoverOptions) {
    this.#shared = shared;
    this.#options = options;
    this.#local = new MemoryStore({ clock: options.clock });
    this.#writeBack = new WriteBack(shared);
    this.#breaker.onBreak((failure) => this.#lost("error" in failure ? failure.error : undefined));
    this.#breaker.onReset(() => this.#back());
  }

  get name(): string {
    return this.#shared.name;
  }

  get mode(): StoreMode {
    return this.#breaker.state === CircuitState.Closed ? "shared" : this.#options.whenStoreDown;
  }

  async admit(request: AdmitRequest): Promise<Admission> {
    if (this.#fallen.has(request.owner)) return this.#admitAlone(request);
    try {
      const admission = await this.#ask(() => this.#shared.admit(request));
      if (admission.status === "go" && request.claim) this.#local.note(request, admission);
      return admission;
    } catch (error) {
      if (!isAway(error)) throw error;
      return this.#admitAlone(request, error);
    }
  }

  async renew(request: RenewRequest): Promise<boolean> {
    if (!this.#fallen.has(request.owner)) void this.#local.renew(request);
    return this.#fallen.has(request.owner)
      ? this.#local.renew(request)
      : this.#ask(() => this.#shared.renew(request));
  }

  /** An outcome is never lost: what the shared store does not take now is written back later. */
  async settle(request: SettleRequest): Promise<boolean> {
    const settledHere = this.#local.settle(request);
    if (this.#fallen.delete(request.owner)) {
      this.#writeBack.add(request);
      return settledHere;
    }
    try {
      return await this.#ask(() => this.#shared.settle(request));
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#writeBack.add(request);
      return settledHere;
    }
  }

  async freeze(request: FreezeRequest): Promise<FreezeAnswer> {
    const frozenHere = await this.#local.freeze(request);
    if (this.#fallen.has(request.owner)) return frozenHere;
    try {
      return await this.#ask(() => this.#shared.freeze(request));
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#fallen.add(request.owner);
      return frozenHere;
    }
  }

  inspect(bot: string, record: string, nowUs?: number): Promise<RecordView | undefined> {
    return this.#either((store) => store.inspect(bot, record, nowUs));
  }

  stats(request: StatsRequest): Promise<readonly RuleStats[]> {
    return this.#either((store) => store.stats(request));
  }

  async reset(
    bot: string,
    what: { records?: readonly string[]; rules?: readonly string[] },
  ): Promise<number> {
    await this.#local.reset(bot, what);
    return this.#shared.reset(bot, what);
  }

  async sweep(nowUs?: number): Promise<number> {
    await this.#local.sweep(nowUs);
    return this.#shared.sweep(nowUs);
  }

  ping(): Promise<StoreHealth> {
    return this.#ask(() => this.#shared.ping());
  }

  async close(): Promise<void> {
    this.#stopProbing?.();
    await this.#shared.close();
  }

  /** The store is away: this process guards itself, sends unguarded, or refuses. */
  async #admitAlone(request: AdmitRequest, reason?: unknown): Promise<Admission> {
    const { whenStoreDown } = this.#options;
    if (whenStoreDown === "reject") {
      this.#takeBack(request);
      throw isStoreUnavailable(reason) ? reason : new StoreUnavailable("the store is away");
    }
    this.#fallen.add(request.owner);
    const admission =
      whenStoreDown === "local"
        ? await this.#local.admit({ ...request, deadlineUs: undefined })
        : ({ status: "go", leaseUs: Number.POSITIVE_INFINITY, nowUs: 0 } as const);
    if (admission.status === "go") return { ...admission, degraded: true };
    if (admission.status !== "wait") this.#fallen.delete(request.owner);
    return admission;
  }

  /** The admit may have been carried out although its answer was lost. */
  #takeBack({ claim, rules, bot, owner, attempt, ttlUs }: AdmitRequest): void {
    if (claim) this.#writeBack.add({ bot, owner, attempt, record: claim.id, as: "unsent", ttlUs, rules });
  }

  #ask<T>(command: () => Promise<T>): Promise<T> {
    return this.#breaker.execute(command);
  }

  async #either<T>(command: (store: Store) => Promise<T>): Promise<T> {
    try {
      return await this.#ask(() => command(this.#shared));
    } catch (error) {
      if (!isAway(error)) throw error;
      return command(this.#local);
    }
  }

  #lost(reason: unknown): void {
    if (this.#stopProbing) return;
    const probe = () => void this.ping().catch(() => {});
    this.#stopProbing = this.#options.clock.every(probeEveryMs, probe);
    this.#options.onMode(this.#options.whenStoreDown, (reason as Error | undefined)?.message);
  }

  #back(): void {
    this.#stopProbing?.();
    this.#stopProbing = undefined;
    this.#options.onMode("shared");
    void this.#writeBack.flush();
  }
}

/** The store itself, or the breaker that spares it. */
const isAway = (error: unknown): boolean =>
  isStoreUnavailable(error) || (error as { isBrokenCircuitError?: boolean })?.isBrokenCircuitError === true;
