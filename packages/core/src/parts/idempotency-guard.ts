import { type Clock, toMicros } from "../clock.js";
import { defaults } from "../defaults.js";
import { ConfigurationError, StoreUnavailable } from "../errors.js";
import { ownerToken } from "../job.js";
import { timing } from "../options.js";
import type { Admission, Settlement, Store } from "../store/port.js";
import { check, describe, knownNames, positiveWhole } from "../validate.js";
import type { DuplicateCheck, OperationStart, OperationStartOptions } from "./operation.js";
import { checkOf, jsonOf, refusalOf } from "./operation-answers.js";
import { operationKey, operationRecords } from "./operation-key.js";
import { type PartOptions, resolvePart } from "./part-settings.js";
import { Renewals } from "./renewals.js";

/** Options of {@link IdempotencyGuard}. */
export interface IdempotencyGuardOptions extends PartOptions {
  /** How long a key is remembered, in ms after its last write. @default 1_800_000 (30 min) */
  ttlMs?: number;
  /** Keys become HMACs with this secret. Of a list, the first writes and all read (rotation). */
  secret?: string | string[];
}

/**
 * At most once for operations of any kind: calls of third-party APIs, changes in a database, analytics
 * events. Works alone or as `guard.idempotency`, on the records of the guard and under the same laws: exactly
 * one of many callers starts, in all processes on one store; every write asks for the owner that started; a
 * failed operation is free again.
 *
 * Not for bot messages: those are guarded by the adapters, without a line of code.
 *
 * @example
 * const idempotency = new IdempotencyGuard();
 * const key = idempotency.generateKey(["charge", { invoice: 42 }]);
 * const { started, owner } = await idempotency.markOperationStart(key);
 * if (started) await idempotency.markOperationComplete(key, owner, { paid: true });
 */
export class IdempotencyGuard {
  readonly #store: Store;
  readonly #bot: string;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #secrets: readonly (string | undefined)[];
  readonly #renewals: Renewals;

  /** @throws ConfigurationError naming the option and the remedy */
  constructor(options: IdempotencyGuardOptions = {}) {
    knownNames("IdempotencyGuard", options, ["store", "namespace", "clock", "ttlMs", "secret"]);
    const { ttlMs, secret, ...part } = options;
    check(ttlMs, (value) => positiveWhole("`ttlMs`", value, "milliseconds"));
    const idempotency = { ...(ttlMs !== undefined && { ttlMs }), ...(secret !== undefined && { secret }) };
    const settings = resolvePart({ ...part, idempotency });
    this.#store = settings.store;
    this.#bot = settings.namespace;
    this.#clock = settings.clock;
    this.#ttlMs = settings.ttlMs;
    this.#secrets = settings.secrets;
    this.#renewals = new Renewals(settings.clock);
  }

  /**
   * A key from whatever names an operation: the same for equal parts, in every process and whatever the order
   * of their fields; different for different parts (`1` and `"1"`, `["ab", "c"]` and `["a", "bc"]`, null and
   * absent). It is a hash and holds nothing of the parts; with a secret it is an HMAC.
   *
   * @param parts anything that JSON can carry, and BigInts, Dates and bytes
   * @throws ConfigurationError for what has no one spelling: functions, Maps, class instances, NaN, cycles
   * @example
   * new IdempotencyGuard().generateKey(["refund", { order: 7, cents: 1250 }]);
   */
  generateKey(parts: unknown): string {
    return operationKey(this.#secrets, parts);
  }

  /**
   * Was the operation started before? Reads only. Not for deciding whether to act: between this answer and
   * the act somebody else may start; `markOperationStart` decides.
   *
   * @throws ConfigurationError when the key is empty; StoreUnavailable when the store does not answer
   * @example
   * const { duplicate, status } = await new IdempotencyGuard().isDuplicate("order-42");
   */
  async isDuplicate<Result = unknown>(key: string): Promise<DuplicateCheck<Result>> {
    for (const record of this.#records(key)) {
      const view = await this.#store.inspect(this.#bot, record);
      if (view) return checkOf(view);
    }
    return { duplicate: false, status: "new" };
  }

  /**
   * Starts the operation, unless somebody has: exactly one of many callers gets `started: true`. Written
   * before the operation is carried out, so a process that dies in between leaves it `unknown`, never `new`.
   *
   * @returns `owner` to complete or fail it with; or where it stands, with the first one's result
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer: then
   * do not act
   * @example
   * const idempotency = new IdempotencyGuard();
   * const start = await idempotency.markOperationStart("order-42", { ttlMs: 86_400_000 });
   * if (!start.started) console.log(start.status, start.result);
   */
  async markOperationStart<Result = unknown>(
    key: string,
    options: OperationStartOptions = {},
  ): Promise<OperationStart<Result>> {
    checkStart(options);
    const ttlMs = options.ttlMs ?? this.#ttlMs;
    const leaseMs = Math.min(options.leaseMs ?? defaults.leaseMs, ttlMs);
    const owner = ownerFor(ttlMs);
    const startedAt = this.#clock.now();
    const admission = await this.#admit(key, owner, ttlMs, leaseMs, options.retryUnknown);
    if (admission.status !== "go") return refusalOf(admission);
    if (admission.degraded) {
      // Other processes would be told the same: an operation that must happen once does not happen now.
      await this.#settle(key, owner, "unsent", undefined);
      throw new StoreUnavailable(
        "the store is away: nobody can tell whether this operation was started elsewhere",
      );
    }
    if (options.leaseMs === undefined) this.#keepAlive(key, owner, startedAt + ttlMs);
    return { started: true, owner, status: "processing" };
  }

  /**
   * Says that an operation started with `leaseMs` is still on its way. Not needed without `leaseMs` while the
   * process that started it lives.
   *
   * @param options `leaseMs`: how much longer, from now; 30_000 without
   * @returns `false` when it is not this owner's any more, or its lease was over: others read `unknown`
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer
   * @example
   * const idempotency = new IdempotencyGuard();
   * const { owner } = await idempotency.markOperationStart("export-7", { leaseMs: 60_000 });
   * if (owner) await idempotency.renew("export-7", owner, { leaseMs: 60_000 });
   */
  async renew(key: string, owner: string, options: { leaseMs?: number } = {}): Promise<boolean> {
    knownNames("renew", options, ["leaseMs"]);
    check(options.leaseMs, (value) => positiveWhole("renew({ leaseMs })", value, "milliseconds"));
    return this.#renew(key, owner, options.leaseMs ?? defaults.leaseMs);
  }

  /**
   * Records that the operation is done: whoever asks from now on gets `result`. Counts also after the lease
   * was over, as long as nobody has started it again.
   *
   * @param result anything that JSON can carry; anything else is left out, since the operation is done
   * @returns `false` when it is not this owner's any more, or was completed or failed already
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer: try
   * again, it is counted once
   * @example
   * const idempotency = new IdempotencyGuard();
   * const { started, owner } = await idempotency.markOperationStart("order-42");
   * if (started) await idempotency.markOperationComplete("order-42", owner, { id: "tx-1" });
   */
  async markOperationComplete(key: string, owner: string, result?: unknown): Promise<boolean> {
    return this.#settle(key, owner, "done", jsonOf(result));
  }

  /**
   * Records that the operation failed: the key is free, the next one to start it may. Where nobody can tell
   * whether it happened (a timeout, a lost answer), say `unknown: true`: then it is not done again unless
   * somebody starts it with `retryUnknown`.
   *
   * @returns `false` when it is not this owner's any more, or was completed or failed already
   * @throws ConfigurationError when an argument is wrong; StoreUnavailable when the store does not answer: try
   * again, it is counted once
   * @example
   * const idempotency = new IdempotencyGuard();
   * const { started, owner } = await idempotency.markOperationStart("order-42");
   * if (started) await idempotency.markOperationFailed("order-42", owner);
   */
  async markOperationFailed(
    key: string,
    owner: string,
    options: { unknown?: boolean } = {},
  ): Promise<boolean> {
    knownNames("markOperationFailed", options, ["unknown"]);
    return this.#settle(key, owner, options.unknown ? "ambiguous" : "free");
  }

  /**
   * Drops what has expired, of the whole store. Never needed: stores drop by themselves; for those who want
   * the memory back now.
   *
   * @returns how many records and limits were dropped; a store that expires entries itself may answer 0
   * @throws StoreUnavailable when the store does not answer
   * @example
   * await new IdempotencyGuard().cleanupExpired();
   */
  async cleanupExpired(): Promise<number> {
    return this.#store.sweep();
  }

  /**
   * Stops keeping open operations alive: 30 s later they are `unknown` unless completed or failed. The store
   * stays open. Not needed to let a process end: nothing here holds it.
   *
   * @example
   * new IdempotencyGuard().close();
   */
  close(): void {
    this.#renewals.dropAll();
  }

  #admit(
    key: string,
    owner: string,
    ttlMs: number,
    leaseMs: number,
    takeAmbiguous: boolean | undefined,
  ): Promise<Admission> {
    const [id, ...aliases] = this.#records(key);
    return this.#store.admit({
      ...this.#whose(owner),
      claim: { id, aliases, mode: "send", takeAmbiguous },
      rules: [],
      maxWaitUs: 0,
      leaseUs: toMicros(leaseMs),
      graceUs: timing.graceUs,
      ttlUs: toMicros(ttlMs),
    });
  }

  /** Never beyond `until`, so that what nobody ends is forgotten in the end. */
  #keepAlive(key: string, owner: string, until: number): void {
    this.#renewals.keep(owner, until, () =>
      this.#renew(key, owner, Math.min(defaults.leaseMs, until - this.#clock.now())),
    );
  }

  /** Under an older secret too: it may have been started before a rotation. */
  async #renew(key: string, owner: string, leaseMs: number): Promise<boolean> {
    const lease = { ...this.#whose(checkedOwner(owner)), leaseUs: toMicros(leaseMs), rules: [] };
    for (const record of this.#records(key)) {
      if (await this.#store.renew({ ...lease, record })) return true;
    }
    return false;
  }

  async #settle(key: string, owner: string, as: Settlement, result?: string): Promise<boolean> {
    const whose = this.#whose(checkedOwner(owner));
    const settlement = { ...whose, as, result, ttlUs: toMicros(ttlOf(owner) ?? this.#ttlMs), rules: [] };
    let settled = false;
    for (const record of this.#records(key)) {
      settled = await this.#store.settle({ ...settlement, record });
      if (settled) break;
    }
    this.#renewals.drop(owner);
    return settled;
  }

  #whose(owner: string) {
    return { bot: this.#bot, owner, attempt: 0 };
  }

  #records(key: string): readonly [string, ...string[]] {
    if (typeof key === "string" && key !== "") return operationRecords(this.#secrets, key);
    throw new ConfigurationError(
      `key must be a non-empty string that names the operation, e.g. "order-42" or generateKey([…]); got ${describe(key)}`,
    );
  }
}

function checkStart(options: OperationStartOptions): void {
  knownNames("markOperationStart", options, ["ttlMs", "leaseMs", "retryUnknown"]);
  check(options.ttlMs, (value) => positiveWhole("markOperationStart({ ttlMs })", value, "milliseconds"));
  check(options.leaseMs, (value) => positiveWhole("markOperationStart({ leaseMs })", value, "milliseconds"));
}

/** The time to keep rides on the owner, so that whoever completes, wherever, keeps it as long as agreed. */
const ownerFor = (ttlMs: number): string => `${ownerToken()}.${ttlMs}`;

function ttlOf(owner: string): number | undefined {
  const ttlMs = Number(/\.(\d{1,12})$/.exec(owner)?.[1]);
  return ttlMs > 0 ? ttlMs : undefined;
}

function checkedOwner(owner: unknown): string {
  if (typeof owner === "string" && owner !== "") return owner;
  throw new ConfigurationError(
    `owner must be what markOperationStart answered as \`owner\`; got ${describe(owner)}`,
  );
}
