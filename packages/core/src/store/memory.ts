import { MemorySlots } from "../caps/memory-slots.js";
import { type Clock, microsNow, systemClock } from "../clock.js";
import {
  type HeldRecord,
  isGone,
  mayRenew,
  maySettle,
  meet,
  meetFreeze,
  standsAt,
  viewOf,
} from "../idempotency/record.js";
import { slowDown } from "../limiter/adaptive.js";
import { stopUntil } from "../limiter/frozen-clock.js";
import {
  describeRule,
  giveBack,
  markOpen,
  markSending,
  markSettled,
  type Paid,
  pay,
  postpone,
  readyAt,
  turnOf,
} from "../limiter/rule-state.js";
import { BoundedMap, keyOf } from "./bounded-map.js";
import type {
  Admission,
  AdmitRequest,
  FreezeAnswer,
  FreezeRequest,
  RecordView,
  RenewRequest,
  RuleCharge,
  RuleStats,
  SettleRequest,
  StatsRequest,
  Store,
  StoreHealth,
} from "./port.js";
import { answerTo, backInLine, close } from "./record-steps.js";
import { RuleTable } from "./rule-table.js";

/** Options of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /**
   * Records kept at most; a full store drops the oldest DONE ones, never one in flight or AMBIGUOUS.
   * @default 100_000
   */
  maxRecords?: number;
  /** Told how many DONE records were dropped before their time. */
  onDropped?: (count: number) => void;
  /** Time source, for tests. */
  clock?: Clock;
}

/**
 * A store in this process's memory: the same laws as over Redis, for one process. Holds no timer: what has
 * expired is dropped while other calls are made.
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  return new MemoryStore(options);
}

/** See {@link MemoryStore.settledBefore}. */
export interface SettledRun {
  readonly state: "done" | "ambiguous";
  readonly owner: string;
  readonly attempt: number;
  readonly result: string | undefined;
  /** When that was, on this store's clock. */
  readonly closedAtUs: number;
  /** For so much longer it is remembered. */
  readonly leftUs: number;
}

/** A step that found nothing in its way. */
interface Progress {
  readonly record: HeldRecord | undefined;
  readonly stage: number;
  readonly paid: Paid[];
}

/** See {@link memoryStore}. */
export class MemoryStore implements Store {
  readonly name = "memory";
  readonly embedded = true;
  readonly slots: MemorySlots;
  /** The verbs of each send without a promise. */
  readonly atOnce = {
    admit: (request: AdmitRequest): Admission => this.#admit(request),
    settle: (request: SettleRequest): boolean => this.#settle(request),
  };
  readonly #records: BoundedMap<HeldRecord>;
  readonly #rules = new RuleTable();
  readonly #clock: Clock;

  constructor({ maxRecords = 100_000, onDropped, clock = systemClock }: MemoryStoreOptions = {}) {
    this.#clock = clock;
    this.slots = new MemorySlots(clock);
    this.#records = new BoundedMap({
      limit: maxRecords,
      isExpired: (record, now) => record.expires <= now,
      mayDrop: (record) => record.state === "done",
      onDropped,
    });
  }

  async admit(request: AdmitRequest): Promise<Admission> {
    return this.#admit(request);
  }

  #admit(request: AdmitRequest): Admission {
    const now = request.nowUs ?? this.#now();
    if (request.deadlineUs !== undefined && now > request.deadlineUs)
      return { status: "expired", nowUs: now };
    if (this.#claimAtOnce(request, request.leaseUs, now))
      return { status: "go", leaseUs: request.leaseUs, nowUs: now };
    const progress = this.#meet(request, now);
    return "status" in progress ? progress : this.#payRules(request, progress, now);
  }

  /** Takes over what another store has admitted, and what was paid for it, so that this one can answer for it. */
  note(request: AdmitRequest, { leaseUs }: { readonly leaseUs: number }): void {
    const now = this.#now();
    if (this.#claimAtOnce(request, leaseUs, now)) return;
    const { claim, rules, bot } = request;
    const found = this.#record(bot, claim!.id, now);
    const own = found && standsAt(found, request) ? found : undefined;
    if (own?.state === "sending") return;
    const paid = [...(own?.paid ?? [])];
    for (let i = paid.length; i < rules.length; i++) {
      this.#rules.change(bot, rules[i]!, now, (rule) => {
        paid[i] = pay(rules[i]!, rule, now);
      });
    }
    this.#rules.each(request, paid, now, markSending);
    const state = claim!.mode === "update" ? "reserved" : "sending";
    this.#write(request, own, { state, stage: rules.length, paid, lease: now + leaseUs }, now);
  }

  /** How an earlier run ended, if it settled here and the caller would send again. */
  settledBefore({ bot, claim, owner, attempt }: AdmitRequest): SettledRun | undefined {
    const now = this.#now();
    const record = claim && this.#record(bot, claim.id, now);
    if (record?.state !== "done" && record?.state !== "ambiguous") return undefined;
    if (meet(record, claim!, { owner, attempt }, now) !== record.state) return undefined;
    const { state, result, expires, closedAt = 0 } = record;
    return {
      state,
      owner: record.owner,
      attempt: record.attempt,
      result,
      closedAtUs: closedAt,
      leftUs: expires - now,
    };
  }

  async renew(request: RenewRequest): Promise<boolean> {
    const now = request.nowUs ?? this.#now();
    const record = this.#record(request.bot, request.record, now);
    if (!mayRenew(record, request, now)) return false;
    record.lease = now + request.leaseUs;
    record.expires = Math.max(record.expires, record.lease);
    if (record.state === "sending") {
      this.#rules.each(request, record.paid, now, markOpen);
    }
    return true;
  }

  async settle(request: SettleRequest): Promise<boolean> {
    return this.#settle(request);
  }

  #settle(request: SettleRequest): boolean {
    const now = request.nowUs ?? this.#now();
    const record = this.#record(request.bot, request.record, now);
    if (!maySettle(record, request, request.as)) return false;
    if (request.as === "unsent") this.#rules.each(request, record.paid, now, giveBack);
    else if (request.rules.some(isWindow)) this.#rules.each(request, record.paid, now, markSettled);
    if (request.as === "unsent" || request.as === "free")
      this.#records.delete(keyOf(request.bot, request.record));
    else close(record, request.as, request.result, now, request.ttlUs);
    return true;
  }

  async freeze(request: FreezeRequest): Promise<FreezeAnswer> {
    const now = request.nowUs ?? this.#now();
    const { bot, record: id } = request;
    const charge = request.rules[request.frozen]!;
    const record = id === undefined ? undefined : this.#record(bot, id, now);
    const meeting = id === undefined ? "freeze" : meetFreeze(record, request);
    if (meeting === "lost") return { status: "lost", nowUs: now };
    if (meeting === "freeze") {
      this.#rules.change(bot, charge, now, (rule) => {
        if (now >= rule.thaw) slowDown(charge, rule, now, now + request.retryAfterUs);
        stopUntil(rule, now, now + request.retryAfterUs);
        if (record) backInLine(request, record, rule, now);
      });
    }
    const rule = this.#rules.at(bot, charge, now);
    const paid = record?.paid[request.frozen];
    const ready = paid ? readyAt(charge, rule, paid, now) : rule.thaw;
    return { status: "frozen", waitUs: Math.max(0, ready - now), nowUs: now };
  }

  async inspect(bot: string, record: string, nowUs?: number): Promise<RecordView | undefined> {
    const now = nowUs ?? this.#now();
    const held = this.#record(bot, record, now);
    return held && viewOf(held, now);
  }

  async stats({ bot, rules, nowUs }: StatsRequest): Promise<readonly RuleStats[]> {
    const now = nowUs ?? this.#now();
    return rules.map((charge) => describeRule(charge, this.#rules.at(bot, charge, now), now));
  }

  async reset(
    bot: string,
    what: { records?: readonly string[]; rules?: readonly string[] },
  ): Promise<number> {
    let found = 0;
    for (const id of what.records ?? []) if (this.#records.delete(keyOf(bot, id))) found++;
    for (const key of what.rules ?? []) if (this.#rules.delete(bot, key)) found++;
    return found;
  }

  async sweep(nowUs?: number): Promise<number> {
    const now = nowUs ?? this.#now();
    return this.#records.sweep(now) + this.#rules.sweep(now);
  }

  async ping(): Promise<StoreHealth> {
    return { nowUs: this.#now(), records: this.#records.size, rules: this.#rules.size };
  }

  async close(): Promise<void> {}

  /** The ordinary claim: nobody has the record, and nothing must be waited for. False: nothing was done. */
  #claimAtOnce(request: AdmitRequest, leaseUs: number, now: number): boolean {
    const { bot, claim, rules } = request;
    if (claim === undefined || (claim.aliases && claim.aliases.length > 0)) return false;
    const id = keyOf(bot, claim.id);
    if (this.#records.get(id) !== undefined) return false;
    const paid = this.#rules.payAtOnce(bot, rules, now);
    if (paid === undefined) return false;
    const state = claim.mode === "update" ? "reserved" : "sending";
    this.#write(request, undefined, { state, stage: rules.length, paid, lease: now + leaseUs }, now);
    return true;
  }

  /** Whom does the record belong to? Either an answer, or where to go on paying. */
  #meet(request: AdmitRequest, now: number): Admission | Progress {
    const { claim } = request;
    if (claim === undefined) return { record: undefined, stage: 0, paid: [] };
    for (const id of claim.aliases ?? []) {
      const alias = this.#record(request.bot, id, now);
      const meeting = meet(alias, { ...claim, content: undefined }, request, now);
      if (meeting !== "claim") return answerTo(meeting, alias!, request, now);
    }
    const record = this.#record(request.bot, claim.id, now);
    const meeting = meet(record, claim, request, now);
    if (meeting === "claim") return { record: undefined, stage: 0, paid: [] };
    if (meeting !== "resume" || claim.mode === "update") return answerTo(meeting, record!, request, now);
    return { record, stage: record!.stage, paid: [...record!.paid] };
  }

  /** Pays from `stage` on, or stops at the first rule that must be waited for. Looks first, then writes. */
  #payRules(request: AdmitRequest, progress: Progress, now: number): Admission {
    const { rules, bot } = request;
    const due = progress.record ? this.#dueAt(request, progress, now) : { at: now, rule: 0 };
    if (due.at > now) return this.#waitAgain(request, progress, due, now);
    const first = progress.record ? progress.stage + 1 : 0;
    let stop = first;
    let at = now;
    for (; stop < rules.length; stop++) {
      at = turnOf(rules[stop]!, this.#rules.at(bot, rules[stop]!, now), now);
      if (at > now) break;
    }
    if (at - now > request.maxWaitUs) return this.#refuse(request, progress, at, rules[stop]!, now);
    if (request.claim === undefined) return this.#unclaimed(rules[stop], at, now);
    const paid = progress.paid;
    for (let i = first; i <= stop && i < rules.length; i++) {
      this.#rules.change(bot, rules[i]!, now, (rule) => {
        paid[i] = pay(rules[i]!, rule, now);
      });
    }
    if (stop < rules.length) return this.#reserve(request, progress.record, stop, paid, at, now);
    this.#rules.each(request, paid, now, markSending);
    return this.#go(request, progress.record, paid, now);
  }

  /** When a reserved turn may be used: its own time, no frozen rule on the way, no place run out meanwhile. */
  #dueAt(request: AdmitRequest, { stage, paid }: Progress, now: number): { at: number; rule: number } {
    let due = { at: now, rule: stage };
    for (let i = 0; i <= stage && i < request.rules.length; i++) {
      const charge = request.rules[i]!;
      const at = readyAt(charge, this.#rules.at(request.bot, charge, now), paid[i]!, now);
      if (at > due.at) due = { at, rule: i };
    }
    return due;
  }

  #waitAgain(
    request: AdmitRequest,
    progress: Progress,
    due: { at: number; rule: number },
    now: number,
  ): Admission {
    const charge = request.rules[due.rule]!;
    if (due.at - now > request.maxWaitUs) return this.#refuse(request, progress, due.at, charge, now);
    const record = progress.record!;
    const paid = record.paid[due.rule]!;
    this.#rules.change(request.bot, charge, now, (rule) => postpone(charge, rule, paid, due.at));
    record.lease = Math.max(record.lease, due.at + request.graceUs);
    record.expires = Math.max(record.expires, record.lease);
    return { status: "wait", waitUs: due.at - now, rule: charge.name, nowUs: now };
  }

  /** Too far away: whatever was paid earlier is given back and the record is free. */
  #refuse(
    request: AdmitRequest,
    { record, paid }: Progress,
    at: number,
    charge: RuleCharge,
    now: number,
  ): Admission {
    if (record) {
      this.#rules.each(request, paid, now, giveBack);
      this.#records.delete(keyOf(request.bot, request.claim!.id));
    }
    return { status: "refused", retryAfterUs: at - now, rule: charge.name, nowUs: now };
  }

  #unclaimed(stopped: RuleCharge | undefined, at: number, now: number): Admission {
    if (stopped === undefined) return { status: "go", leaseUs: 0, nowUs: now };
    return { status: "wait", waitUs: at - now, rule: stopped.name, nowUs: now };
  }

  #reserve(
    request: AdmitRequest,
    record: HeldRecord | undefined,
    stage: number,
    paid: Paid[],
    at: number,
    now: number,
  ): Admission {
    this.#write(request, record, { state: "reserved", stage, paid, lease: at + request.graceUs }, now);
    return { status: "wait", waitUs: at - now, rule: request.rules[stage]!.name, nowUs: now };
  }

  #go(request: AdmitRequest, record: HeldRecord | undefined, paid: Paid[], now: number): Admission {
    const state = request.claim!.mode === "update" ? "reserved" : "sending";
    const stage = request.rules.length;
    this.#write(request, record, { state, stage, paid, lease: now + request.leaseUs }, now);
    return { status: "go", leaseUs: request.leaseUs, nowUs: now };
  }

  #write(
    request: AdmitRequest,
    record: HeldRecord | undefined,
    change: Pick<HeldRecord, "state" | "stage" | "paid" | "lease">,
    now: number,
  ): void {
    const { owner, attempt, claim, bot, ttlUs } = request;
    const expires = Math.max(now + ttlUs, change.lease, record?.expires ?? 0);
    const { state, stage, paid, lease } = change;
    const { content } = claim!;
    const next = {
      state,
      owner,
      attempt,
      lease,
      expires,
      stage,
      paid,
      content,
      result: undefined,
      closedAt: 0,
    };
    this.#records.set(keyOf(bot, claim!.id), next, now);
  }

  #record(bot: string, id: string, now: number): HeldRecord | undefined {
    const record = this.#records.get(keyOf(bot, id));
    return isGone(record, now) ? undefined : record;
  }

  #now(): number {
    return microsNow(this.#clock);
  }
}

const isWindow = ({ params }: RuleCharge): boolean => params.kind === "window";
