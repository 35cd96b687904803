/**
 * What a store must do: one verb, one name everywhere. Every verb is one atomic step; all times are whole
 * microseconds on the store's own clock; nothing here knows Telegram, texts or tokens.
 */

/** A token bucket in integers: `capacity` tokens, one more every `intervalUs`. */
export interface BucketParams {
  readonly kind: "bucket";
  readonly capacity: number;
  readonly intervalUs: number;
}

/** An exact trailing window: at most `limit` in any `periodUs`; an unsettled place is kept `marginUs` longer. */
export interface WindowParams {
  readonly kind: "window";
  readonly limit: number;
  readonly periodUs: number;
  readonly marginUs: number;
}

/** No charge at all: the rule only carries freezes. */
export interface GateParams {
  readonly kind: "gate";
}

/** A limit in integers, as stores compute it. */
export type RuleParams = BucketParams | WindowParams | GateParams;

/** One rule that a call pays. */
export interface RuleCharge {
  /** Which rule: `chat`, `group`, `global` … For events and refusals. */
  readonly name: string;
  /** Whose: unique within the bot, e.g. `chat:-1001`. Rules of one kind of limit share it. */
  readonly key: string;
  readonly params: RuleParams;
  /** Tokens or places. A cost above the whole limit waits for, and takes, the whole limit. */
  readonly cost: number;
  /**
   * - `wait`: take a turn and wait for it
   * - `debit`: charge without waiting, down to minus the capacity; still waits for a freeze
   */
  readonly mode: "wait" | "debit";
  /** `bulk` yields to turns that `normal` has reserved in the same bucket. */
  readonly priority?: "normal" | "bulk";
  /**
   * The rule finds its own rate: up to so many parts per million of what it says, and less after floods. Left out or
   * 0: it keeps to what it says.
   */
  readonly ceiling?: number;
}

/** Whom a record belongs to: every write carries both and is refused unless the record stands at both. */
export interface Ownership {
  /** Which bot: the hash tag of every key. */
  readonly bot: string;
  /** Owner token: unique per `run`, in the whole fleet. */
  readonly owner: string;
  /** Each retry after a 429 adds one. */
  readonly attempt: number;
}

/** How a record is claimed by `admit`. */
export interface Claim {
  readonly id: string;
  /** Ids under which older secrets would have filed it: if one of them is in use, it answers. */
  readonly aliases?: readonly string[] | undefined;
  /** Content hash; when given and the record (not an alias: other secret, other hash) holds another: `mismatch`. */
  readonly content?: string | undefined;
  /**
   * - `send`: paying the last rule writes SENDING, which is never taken over
   * - `update`: stays RESERVED under a lease, may be taken over
   */
  readonly mode: "send" | "update";
  /** Treat AMBIGUOUS as free (`onAmbiguous: "retry"`): the caller accepts that it may go out twice. */
  readonly takeAmbiguous?: boolean | undefined;
}

/** Claims `claim` and pays `rules`; see {@link Store.admit}. Times in whole microseconds. */
export interface AdmitRequest extends Ownership {
  /** Without a claim nothing is recorded: only freezes are looked at, nothing may be charged. */
  readonly claim?: Claim | undefined;
  /** Narrow to wide. */
  readonly rules: readonly RuleCharge[];
  /** A turn further away than this is refused. */
  readonly maxWaitUs: number;
  /** The store has given this owner a turn before, and its record stands there: stores need not look at this. */
  readonly holdsTurn?: boolean | undefined;
  /** Lease of SENDING (or of an update claim). */
  readonly leaseUs: number;
  /** How long after its turn a RESERVED record may still be claimed by its owner alone. */
  readonly graceUs: number;
  readonly ttlUs: number;
  /** Server time after which the step must do nothing and answer `expired`. */
  readonly deadlineUs?: number | undefined;
  /** The server's clock, set by tests only. */
  readonly nowUs?: number | undefined;
}

/** What `admit` answers. `nowUs` is the server's time. */
export type Admission = { readonly nowUs: number } & AdmissionAnswer;

/** The answers of {@link Store.admit}. */
export type AdmissionAnswer =
  /**
   * SENDING is written (or the update claimed) and is the caller's alone for another `leaseUs`. `degraded`: only
   * as far as this process can tell, because the shared store is away.
   */
  | { readonly status: "go"; readonly leaseUs: number; readonly degraded?: boolean }
  /** A turn is reserved (or a thaw awaited): sleep, then admit again. */
  | { readonly status: "wait"; readonly waitUs: number; readonly rule: string }
  /** The turn is further away than `maxWaitUs`; nothing stays charged or claimed. */
  | { readonly status: "refused"; readonly retryAfterUs: number; readonly rule: string }
  /** Somebody else holds the record; look again in `waitUs`. */
  | { readonly status: "busy"; readonly state: "reserved" | "sending"; readonly waitUs: number }
  | { readonly status: "done"; readonly result: string | undefined }
  | { readonly status: "ambiguous" }
  | { readonly status: "mismatch" }
  | { readonly status: "expired" };

/** Prolongs a lease; see {@link Store.renew}. */
export interface RenewRequest extends Ownership {
  readonly record: string;
  readonly leaseUs: number;
  /** Windows among them get their places restamped: the request is still open. */
  readonly rules: readonly RuleCharge[];
  readonly nowUs?: number | undefined;
}

/**
 * How a send ended.
 * - `done`: Telegram has it
 * - `free`: certainly not sent, but Telegram heard of it; what was paid stays paid
 * - `unsent`: Telegram never heard of it; the turns are given back
 * - `ambiguous`: nobody knows
 */
export type Settlement = "done" | "free" | "unsent" | "ambiguous";

/** Writes how a send ended; see {@link Store.settle}. */
export interface SettleRequest extends Ownership {
  readonly record: string;
  readonly as: Settlement;
  /** Content hash of the record, for who has to make it anew; a store that holds the record does not look at it. */
  readonly content?: string | undefined;
  readonly result?: string | undefined;
  readonly ttlUs: number;
  readonly rules: readonly RuleCharge[];
  readonly nowUs?: number | undefined;
}

/** Stops a rule after a 429; see {@link Store.freeze}. */
export interface FreezeRequest extends Ownership {
  /** The caller's record goes SENDING → RESERVED at `attempt + 1`; without one only the rule is frozen. */
  readonly record?: string | undefined;
  readonly rules: readonly RuleCharge[];
  /** Index in `rules` of the rule that stands still. */
  readonly frozen: number;
  readonly retryAfterUs: number;
  readonly graceUs: number;
  readonly nowUs?: number | undefined;
}

/** What `freeze` answers. `waitUs` is how long until the caller may ask again. */
export type FreezeAnswer = { readonly nowUs: number } & (
  | { readonly status: "frozen"; readonly waitUs: number }
  /** The record does not stand at this owner and attempt: nothing was changed. */
  | { readonly status: "lost" }
);

/** A record as `inspect` shows it. A SENDING whose lease is over reads as `ambiguous`. */
export interface RecordView {
  readonly state: "reserved" | "sending" | "ambiguous" | "done";
  /** Owner token and attempt; a DONE record belongs to nobody any more. */
  readonly owner?: string | undefined;
  readonly attempt?: number | undefined;
  readonly leaseUntilUs?: number | undefined;
  readonly expiresUs: number;
  readonly result?: string | undefined;
}

/** One rule as `stats` shows it. */
export interface RuleStats {
  readonly name: string;
  /** Whole tokens or places free now; negative when overdrawn. */
  readonly remaining: number;
  /** Until `cost` could go. */
  readonly waitUs: number;
  /** Until the rule is full again and its state gone. */
  readonly resetUs: number;
  /** Until the freeze ends; 0 when it is not frozen. */
  readonly frozenUs: number;
  /** The rate in force, as a share of what the rule says: below 1 after floods. */
  readonly rate: number;
}

/** Which rules to read; see {@link Store.stats}. */
export interface StatsRequest {
  readonly bot: string;
  readonly rules: readonly RuleCharge[];
  readonly nowUs?: number | undefined;
}

/** A slot of a cap, asked for or held; see {@link Slots}. */
export interface SlotRequest {
  /** Which bot: the hash tag of every key. */
  readonly bot: string;
  /** Name of the cap. */
  readonly cap: string;
  /** So many may hold a slot at once. */
  readonly limit: number;
  /** Unique for each taking, in the whole fleet. */
  readonly owner: string;
  /** A holder that is not heard of for so long has lost its slot: whole milliseconds, told in microseconds. */
  readonly leaseUs: number;
  /** The server's clock, set by tests only. */
  readonly nowUs?: number | undefined;
}

/** "At most N at once" for all that share the store. Nobody is queued here: who finds no slot asks again. */
export interface Slots {
  /** Takes a slot if one is free. */
  take(slot: SlotRequest): Promise<boolean>;
  /** Prolongs the lease. `false`: it was over, and the slot may be another's. */
  keep(slot: SlotRequest): Promise<boolean>;
  /** Gives the slot back; who holds none changes nothing. */
  free(slot: SlotRequest): Promise<void>;
}

/** What happened to one bot since the last post; see {@link Board}. */
export interface BoardPost {
  readonly bot: string;
  /** Milliseconds since 1970: the hour under which it is counted. */
  readonly at: number;
  /** By how much which counter rises. */
  readonly counts: ReadonlyMap<string, number>;
  /** One line of JSON for who listens. */
  readonly news: string;
  /** The rules in force, for who reads them later; left out where they stand there already. */
  readonly rules?: string;
}

/** What became of a post. */
export interface BoardAnswer {
  /** So many heard it. */
  readonly listeners: number;
  /** The server does not let this user post. */
  readonly denied: boolean;
}

/** Where processes tell operators what happens: counters by the hour, and news for who listens now. */
export interface Board {
  /** Counts and tells. Rejects when the board cannot be reached. */
  post(post: BoardPost): Promise<BoardAnswer>;
}

/** What a store holds and how it answers. */
export interface StoreHealth {
  readonly nowUs: number;
  readonly records?: number | undefined;
  readonly rules?: number | undefined;
  /** How a full server makes room; anything but `noeviction` (or no limit at all) throws records away. */
  readonly evictionPolicy?: string | undefined;
  /** Such as `7.0.15`. */
  readonly serverVersion?: string | undefined;
  /** A replica takes no writes. */
  readonly role?: "master" | "replica" | undefined;
  readonly usedMemoryBytes?: number | undefined;
  /** Left out where there is no limit. */
  readonly maxMemoryBytes?: number | undefined;
}

/** The port that MemoryStore and RedisStore implement; `storeContract` in `@sendonce/core/testing` is its law. */
export interface Store {
  /** Shown in logs; holds no secret. */
  readonly name: string;
  /** Lives in this process, so it cannot go away. */
  readonly embedded?: boolean;
  /** How long it takes at most to answer or to reject, once it has connected, in ms; for who must not wait longer. */
  readonly commandTimeoutMs?: number | undefined;
  /**
   * When it was last connected anew, in ms since 1970. What was settled before may have been lost with the server, or by
   * a failover; what is missing since then was taken away by somebody.
   */
  readonly connectedAtMs?: number | undefined;
  /** For the option `caps`; a store without it is refused together with that option. */
  readonly slots?: Slots | undefined;
  /** For the option `publish`; a store without it publishes nothing. */
  readonly board?: Board | undefined;
  /** Claims the record and pays the rules, narrow to wide, up to the first that must be waited for. */
  admit(request: AdmitRequest): Promise<Admission>;
  /** Prolongs the lease of an open request. `false`: the record is no longer this owner's. */
  renew(request: RenewRequest): Promise<boolean>;
  /** Writes how it ended. `false`: not this owner's any more, or settled already. */
  settle(request: SettleRequest): Promise<boolean>;
  /** After a 429: stops the rule's clock and puts the caller's record back in line, in one step. */
  freeze(request: FreezeRequest): Promise<FreezeAnswer>;
  /** Reads one record. */
  inspect(bot: string, record: string, nowUs?: number): Promise<RecordView | undefined>;
  /** Reads rules. */
  stats(request: StatsRequest): Promise<readonly RuleStats[]>;
  /** Forgets records and rules, whatever their state. Answers how many were there. */
  reset(bot: string, what: { records?: readonly string[]; rules?: readonly string[] }): Promise<number>;
  /** Drops what has expired. Answers how many. */
  sweep(nowUs?: number): Promise<number>;
  /** Answers the server's time, or rejects. */
  ping(): Promise<StoreHealth>;
  /** Lets go of connections that this store opened itself. */
  close(): Promise<void>;
}
