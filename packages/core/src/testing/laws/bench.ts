import type {
  Admission,
  AdmitRequest,
  Claim,
  FreezeAnswer,
  FreezeRequest,
  RecordView,
  RenewRequest,
  RuleCharge,
  RuleStats,
  Settlement,
  SettleRequest,
  Store,
} from "../../store/port.js";

/** Microseconds. */
export const second = 1_000_000;
export const minute = 60 * second;

export const leaseUs = 30 * second;
export const graceUs = 10 * second;
export const ttlUs = 30 * minute;
const patienceUs = 120 * second;

/** A law: what a store must do, shown on a bot of its own. */
export interface Law {
  readonly name: string;
  readonly run: (bench: Bench) => Promise<void>;
}

type Extra = Partial<Pick<RuleCharge, "key" | "cost" | "mode" | "priority" | "ceiling">>;

/** A token bucket: `capacity` at once, then one per `intervalUs`. */
export const bucket = (capacity: number, intervalUs: number, extra: Extra = {}): RuleCharge => ({
  name: extra.key ?? "bucket",
  key: "bucket",
  params: { kind: "bucket", capacity, intervalUs },
  cost: 1,
  mode: "wait",
  ...extra,
});

/** A trailing window with a margin of 250 ms. */
export const window = (limit: number, periodUs: number, extra: Extra = {}): RuleCharge => ({
  name: extra.key ?? "window",
  key: "window",
  params: { kind: "window", limit, periodUs, marginUs },
  cost: 1,
  mode: "wait",
  ...extra,
});

export const marginUs = 250_000;

export const gate = (key = "gate"): RuleCharge => ({
  name: key,
  key,
  params: { kind: "gate" },
  cost: 1,
  mode: "wait",
});

/** A rule that one call exhausts for a minute. */
export const narrow = bucket(1, minute, { key: "narrow" });

type Ask = Partial<Omit<AdmitRequest, "bot" | "owner" | "claim" | "nowUs">> & {
  readonly id?: string;
  readonly claim?: Partial<Claim> | false;
};

let benches = 0;

/** One bot in one store, with a time that is moved by hand. Commands go to record `r` unless told otherwise. */
export class Bench {
  readonly store: Store;
  readonly bot = `law-${process.pid}-${Date.now().toString(36)}-${benches++}`;
  /** Starts at the real time, so that a store whose expiry runs on real time drops nothing early. */
  now = Date.now() * 1000;
  #others = 0;

  constructor(store: Store) {
    this.store = store;
  }

  pass(us: number): void {
    this.now += us;
  }

  admit(owner: string, { id = "r", claim = {}, ...ask }: Ask = {}): Promise<Admission> {
    return this.store.admit({
      bot: this.bot,
      owner,
      attempt: 0,
      rules: [],
      maxWaitUs: patienceUs,
      leaseUs,
      graceUs,
      ttlUs,
      ...(claim !== false && { claim: { id, mode: "send", ...claim } }),
      ...ask,
      nowUs: this.now,
    });
  }

  /** Another call, with a record of its own, pays these rules. */
  other(rules: readonly RuleCharge[], ask: Ask = {}): Promise<Admission> {
    const name = `other${this.#others++}`;
    return this.admit(name, { id: name, rules, ...ask });
  }

  renew(owner: string, ask: Partial<RenewRequest> = {}): Promise<boolean> {
    const whose = { bot: this.bot, owner, attempt: 0, record: "r" };
    return this.store.renew({ ...whose, leaseUs, rules: [], ...ask, nowUs: this.now });
  }

  settle(owner: string, as: Settlement, ask: Partial<SettleRequest> = {}): Promise<boolean> {
    const whose = { bot: this.bot, owner, attempt: 0, record: "r" };
    return this.store.settle({ ...whose, as, ttlUs, rules: [], ...ask, nowUs: this.now });
  }

  freeze(owner: string, retryAfterUs: number, ask: Partial<FreezeRequest> = {}): Promise<FreezeAnswer> {
    const whose = { bot: this.bot, owner, attempt: 0, record: "r" };
    return this.store.freeze({
      ...whose,
      rules: [],
      frozen: 0,
      graceUs,
      retryAfterUs,
      ...ask,
      nowUs: this.now,
    });
  }

  /** Stops a rule without any record. */
  flood(rule: RuleCharge, retryAfterUs: number): Promise<FreezeAnswer> {
    return this.freeze("flooded", retryAfterUs, { record: undefined, rules: [rule] });
  }

  inspect(id = "r"): Promise<RecordView | undefined> {
    return this.store.inspect(this.bot, id, this.now);
  }

  async stats(rule: RuleCharge): Promise<RuleStats> {
    const [stats] = await this.store.stats({ bot: this.bot, rules: [rule], nowUs: this.now });
    return stats!;
  }

  /** Owner "a" holds a turn on `narrow`, one minute away. */
  async reserved(): Promise<void> {
    await this.other([narrow]);
    await this.admit("a", { rules: [narrow] });
  }

  /** Owner "a" is sending. */
  async sending(): Promise<void> {
    await this.admit("a");
  }

  /** Owner "a" has sent. */
  async done(result?: string): Promise<void> {
    await this.sending();
    await this.settle("a", "done", { result });
  }

  /** Nobody knows what became of the send of owner "a". */
  async ambiguous(): Promise<void> {
    await this.sending();
    await this.settle("a", "ambiguous");
  }
}

/** What an admission says, without the time of day and the lease. */
export function said(admission: Admission): Omit<Admission, "nowUs"> {
  const { nowUs: _, ...rest } = admission;
  return rest.status === "go" ? { status: "go" } : rest;
}
