import { type Clock, toMicros } from "./clock.js";
import { defaults } from "./defaults.js";
import { IdempotencyConflict } from "./errors.js";
import { ownerToken } from "./job.js";
import { pause, waitUntil } from "./limiter/wait.js";
import type { Events } from "./observe/events.js";
import type { Warnings } from "./observe/warnings.js";
import { type Settings, timing } from "./options.js";
import { isAmbiguousConflict } from "./refusal.js";
import { currentUpdate, insideUpdate, openUpdate, type UpdateScope } from "./scope.js";
import type { Settlement, Store } from "./store/port.js";

/** An update as an adapter hands it over. */
export interface UpdateToHandle {
  readonly bot: string;
  readonly updateId: number;
  /** Who sent it, for the `user` rule. */
  readonly userId?: number | undefined;
  /** Drop an update that was handled before. @default true */
  readonly drop?: boolean | undefined;
  /**
   * What to do when it cannot be claimed: because it is handled elsewhere for longer than it is held, or because
   * the store is away and `whenStoreDown` says `"reject"`. Run the handler all the same (its sends protect
   * themselves), or reject, for a caller that can have it delivered again.
   * @default "run"
   */
  readonly unclaimed?: "run" | "reject" | undefined;
}

interface Claimed {
  readonly bot: string;
  readonly record: string;
  readonly owner: string;
}

/**
 * Updates that come twice. The record of bot + update_id is claimed under a lease that may be taken over:
 * the sends inside protect themselves.
 *
 *     first    ──claim──▶ handler ───────────────▶ handled
 *     second        └─ held (8 s at most) ────────────┘ dropped
 *
 * Held for longer it runs as well, or is rejected, as its `unclaimed` says.
 */
export class UpdateGuard {
  readonly #store: Store;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #warnings: Warnings;
  /** Updates that this process is handling: a duplicate waits here instead of asking the store. */
  readonly #running = new Map<string, Promise<void>>();
  /** What renews the claims of running handlers. */
  readonly #renewals = new Set<() => void>();
  readonly #closing: AbortSignal;

  /** @param closing aborts when the guard closes: nobody is held any longer */
  constructor(store: Store, settings: Settings, events: Events, warnings: Warnings, closing: AbortSignal) {
    this.#closing = closing;
    this.#warnings = warnings;
    this.#store = store;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#events = events;
  }

  /**
   * Runs the handler in the update's scope, once.
   *
   * @throws IdempotencyConflict (`busy`) or StoreUnavailable under `unclaimed: "reject"`, before the handler runs
   */
  async handle<T>(update: UpdateToHandle, handler: () => Promise<T>): Promise<T | undefined> {
    const outer = currentUpdate();
    const inside = outer?.bot === update.bot && outer.updateId === update.updateId ? outer : undefined;
    if (inside?.claimed) return handler();
    const scope = inside ?? openUpdate(update.bot, update.updateId, update.userId);
    if (scope === undefined) return handler();
    if (update.drop === false || !this.#settings.dropsUpdates) return insideUpdate(scope, handler);
    return this.#claimed(scope, update, () => insideUpdate(scope, handler));
  }

  /** Handlers that still run are left to their leases. */
  stopRenewing(): void {
    for (const stop of this.#renewals) stop();
  }

  async #claimed<T>(
    scope: UpdateScope,
    { unclaimed = "run" }: UpdateToHandle,
    run: () => Promise<T>,
  ): Promise<T | undefined> {
    const { bot, updateId } = scope;
    const claim = { bot, record: `update:${updateId}`, owner: ownerToken() };
    const patience = this.#clock.now() + defaults.holdUpdateMs;
    let lookAgainMs: number = defaults.lookAgainMs.first;
    for (;;) {
      const admission = await this.#admit(claim).catch((error: unknown) => {
        this.#storeFailed("admit", error);
        if (unclaimed === "reject") throw error;
      });
      if (!admission) return run();
      if (admission.status === "done") {
        this.#events.emit("updateDropped", { bot, updateId });
        return undefined;
      }
      if (admission.status === "go") return this.#handleOnce(scope, claim, run);
      const left = this.#closing.aborted ? 0 : patience - this.#clock.now();
      if (left <= 0) {
        if (unclaimed === "reject") throw new IdempotencyConflict("busy", stillRunning);
        return run();
      }
      const first = this.#running.get(nameOf(claim));
      if (first) await waitUntil(this.#clock, first, left, this.#closing);
      else await pause(this.#clock, Math.min(lookAgainMs, left), this.#closing);
      lookAgainMs = Math.min(2 * lookAgainMs, defaults.lookAgainMs.longest);
    }
  }

  async #handleOnce<T>(scope: UpdateScope, claim: Claimed, run: () => Promise<T>): Promise<T | undefined> {
    scope.claimed = true;
    const { landed, land } = landing();
    this.#running.set(nameOf(claim), landed);
    const stop = this.#clock.every(defaults.renewEveryMs, () => {
      const lease = { ...claim, attempt: 0, leaseUs: timing.leaseUs, rules: [] };
      this.#store.renew(lease).catch((error) => this.#storeFailed("renew", error));
    });
    this.#renewals.add(stop);
    try {
      const result = await run();
      await this.#settle(claim, "done");
      return result;
    } catch (error) {
      const finished = isAmbiguousConflict(error);
      await this.#settle(claim, finished ? "done" : "free");
      if (!finished) throw error;
      const { bot, updateId } = scope;
      this.#events.emit("updateUnfinished", { bot, updateId });
      this.#warnings.once("unfinished");
      return undefined;
    } finally {
      stop();
      this.#renewals.delete(stop);
      this.#running.delete(nameOf(claim));
      land();
    }
  }

  #admit({ bot, record, owner }: Claimed) {
    return this.#store.admit({
      bot,
      owner,
      attempt: 0,
      claim: { id: record, mode: "update" },
      rules: [],
      maxWaitUs: 0,
      leaseUs: timing.leaseUs,
      graceUs: timing.graceUs,
      ttlUs: toMicros(this.#settings.updateTtlMs),
    });
  }

  async #settle(claim: Claimed, as: Settlement): Promise<void> {
    const ttlUs = toMicros(this.#settings.updateTtlMs);
    try {
      await this.#store.settle({ ...claim, attempt: 0, as, ttlUs, rules: [] });
    } catch (error) {
      this.#storeFailed("settle", error);
    }
  }

  /** The sends inside protect themselves, or are refused: the update can be handled without its claim. */
  #storeFailed(verb: string, error: unknown): undefined {
    this.#events.emit("storeError", { verb, message: String((error as Error)?.message ?? error) });
    return undefined;
  }
}

const stillRunning = "sendonce: this update is being handled elsewhere; have it delivered again";

const nameOf = ({ bot, record }: Claimed): string => `${bot}:${record}`;

function landing(): { landed: Promise<void>; land: () => void } {
  let land = () => {};
  const landed = new Promise<void>((resolve) => {
    land = resolve;
  });
  return { landed, land };
}
