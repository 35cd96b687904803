import { FailoverSlots } from "../caps/failover-slots.js";
import { type Clock, toMicros } from "../clock.js";
import { isStoreUnavailable } from "../errors.js";
import { Circuit, probeEveryMs, type Trips } from "./circuit.js";
import { examine, type StoreReport } from "./examination.js";
import { MemoryStore, type SettledRun } from "./memory.js";
import { OwedFreezes } from "./owed-freezes.js";
import type {
  Admission,
  AdmitRequest,
  Board,
  FreezeAnswer,
  FreezeRequest,
  RecordView,
  RenewRequest,
  RuleStats,
  SettleRequest,
  Slots,
  StatsRequest,
  Store,
  StoreHealth,
} from "./port.js";
import { tells, WriteBack } from "./write-back.js";

/** What becomes of calls while the store is away. */
export type WhenStoreDown = "local" | "allow-all" | "reject";

/** Where records are kept right now: `shared`, or what the option says. */
export type StoreMode = "shared" | WhenStoreDown;

export interface FailoverOptions {
  readonly whenStoreDown: WhenStoreDown;
  readonly clock: Clock;
  /** Told at every change, with the reason of a fall. */
  readonly onMode: (mode: StoreMode, reason?: string) => void;
  /** Told when a call had to do without the store although it was not known to be away. */
  readonly onFall?: (verb: string, reason: string) => void;
  /** Told how many outcomes, or records of sent messages, were forgotten early while the store was away. */
  readonly onDropped?: (count: number) => void;
  /** Who wants to know how long the store's answers take. */
  readonly trips?: Trips;
}

/** Records of its own that a process keeps beside the shared store. */
const mostRemembered = 10_000;

/**
 * A store that may go away. What this process has in flight or settled also stands in its memory, so that going
 * local forgets nothing of its own. A run that fell stays where it fell; its outcome is written back when the
 * store is there again.
 */
export class FailoverStore implements Store {
  readonly slots: Slots | undefined;
  readonly #shared: Store;
  readonly #local: MemoryStore;
  readonly #options: FailoverOptions;
  readonly #writeBack: WriteBack;
  readonly #freezes: OwedFreezes;
  /** Owners whose runs left the shared store, and whether it may have heard of them. */
  readonly #fallen = new Map<string, boolean>();
  readonly #circuit: Circuit;
  /** This outage has been told by a call that fell into it. */
  #toldFall = false;

  constructor(shared: Store, options: FailoverOptions) {
    this.#shared = shared;
    this.#options = options;
    const { clock } = options;
    const onDropped = (count: number) => {
      if (this.#circuit.isAway) options.onDropped?.(count);
    };
    this.#local = new MemoryStore({ clock, maxRecords: mostRemembered, onDropped });
    this.slots =
      shared.slots &&
      new FailoverSlots(shared.slots, this.#local.slots, {
        whenStoreDown: options.whenStoreDown,
        ask: (command) => this.#ask("slots", command),
      });
    this.#circuit = new Circuit(shared, {
      clock,
      trips: options.trips,
      onLost: (reason) => options.onMode(options.whenStoreDown, (reason as Error | undefined)?.message),
      onBack: () => {
        this.#toldFall = false;
        options.onMode("shared");
        void this.#tellOwed();
      },
      owes: () => this.#writeBack.size + this.#freezes.size > 0,
      tellOwed: () => this.#tellOwed(),
    });
    const taker = {
      admit: (request: AdmitRequest) => this.#ask("admit", () => shared.admit(request)),
      settle: (request: SettleRequest) => this.#ask("settle", () => shared.settle(request)),
      freeze: (request: FreezeRequest) => this.#ask("freeze", () => shared.freeze(request)),
    };
    this.#freezes = new OwedFreezes(taker, clock);
    this.#writeBack = new WriteBack(taker, options.onDropped);
  }

  get name(): string {
    return this.#shared.name;
  }

  /** News that cannot be posted are nobody's loss: no breaker looks after the board. */
  get board(): Board | undefined {
    return this.#shared.board;
  }

  /** Outcomes that the shared store has not taken yet. */
  get owed(): number {
    return this.#writeBack.size;
  }

  /** Looks at the shared store past the breaker: what is found changes nothing here. */
  examine(): Promise<StoreReport> {
    return examine(this.#shared, this.#options.clock, this.#circuit.bot);
  }

  get mode(): StoreMode {
    return this.#circuit.isClosed ? "shared" : this.#options.whenStoreDown;
  }

  admit(request: AdmitRequest): Promise<Admission> {
    this.#circuit.bot = request.bot;
    return this.#isPlain(request) ? this.#admitThere(request) : this.#admitWarily(request);
  }

  /** Nothing fell, and nothing is owed: only the store knows about the record. */
  #isPlain({ bot, claim }: AdmitRequest): boolean {
    if (this.#fallen.size > 0) return false;
    return this.#writeBack.size === 0 || claim === undefined || !this.#writeBack.owes(bot, claim.id);
  }

  async #admitWarily(request: AdmitRequest): Promise<Admission> {
    if (this.#fallen.has(request.owner) || (await this.#knowsBetter(request))) {
      const reason = this.#circuit.notAsked("the store does not know what was sent without it");
      return this.#admitAlone(request, reason);
    }
    return this.#admitThere(request);
  }

  #admitThere(request: AdmitRequest): Promise<Admission> {
    const { isAway } = this.#circuit;
    return this.#ask("admit", () => this.#shared.admit(request)).then(
      (admission) => this.#admitted(request, admission),
      (error) => this.#admitFailed(request, error, isAway),
    );
  }

  #admitted(request: AdmitRequest, admission: Admission): Admission {
    const settled = this.#lostBy(request, admission);
    if (settled) return this.#tellAgain(request, settled, admission);
    if (admission.status === "go" && request.claim) this.#local.note(request, admission);
    return admission;
  }

  async #admitFailed(request: AdmitRequest, error: unknown, wasAway: boolean): Promise<Admission> {
    if (!isStoreUnavailable(error) || error.moving) throw error;
    if (!wasAway) this.#tellFall(error.message);
    return this.#admitAlone(request, error);
  }

  /** Of many that fall together, and take the store with them, one is told. */
  #tellFall(reason: string): void {
    if (this.#circuit.isAway && this.#toldFall) return;
    this.#toldFall = this.#circuit.isAway;
    this.#options.onFall?.("admit", reason);
  }

  /**
   * What this process knows, and a server has forgotten that was restarted, or promoted, since. What is missing from one
   * that stayed was taken away by somebody, who wants it sent again.
   */
  #lostBy(request: AdmitRequest, { status }: Admission): SettledRun | undefined {
    if (lostNothing.has(status)) return undefined;
    const settled = this.#local.settledBefore(request);
    const since = this.#shared.connectedAtMs ?? 0;
    return settled && settled.closedAtUs < toMicros(since) ? settled : undefined;
  }

  /** The shared store has lost an outcome that it had taken: nothing goes out, and it is told once more. */
  #tellAgain(
    { bot, claim, owner, attempt, rules }: AdmitRequest,
    settled: SettledRun,
    { status, nowUs }: Admission,
  ): Admission {
    const { state, result, leftUs } = settled;
    const claimed = status === "go" || status === "wait";
    const whose = claimed
      ? { owner, attempt, rules }
      : { owner: settled.owner, attempt: settled.attempt, rules: [] };
    this.#owe({ bot, record: claim!.id, as: state, result, ttlUs: leftUs, ...whose });
    return state === "done" ? { status: state, result, nowUs } : { status: state, nowUs };
  }

  async renew(request: RenewRequest): Promise<boolean> {
    if (!this.#fallen.has(request.owner)) void this.#local.renew(request);
    return this.#fallen.has(request.owner)
      ? this.#local.renew(request)
      : this.#ask("renew", () => this.#shared.renew(request));
  }

  /** An outcome is never lost: what the shared store does not take now is written back later. */
  settle(request: SettleRequest): Promise<boolean> {
    const settledHere = this.#local.atOnce.settle(request);
    if (this.#fallen.has(request.owner)) return this.#settleFallen(request, settledHere);
    return this.#ask("settle", () => this.#shared.settle(request)).then(
      (taken) => {
        // The claim was lost there while the request was open.
        if (!taken && settledHere && tells(request)) this.#owe(request);
        return taken;
      },
      (error) => {
        if (!isStoreUnavailable(error)) throw error;
        this.#owe(request);
        return settledHere;
      },
    );
  }

  async #settleFallen(request: SettleRequest, settledHere: boolean): Promise<boolean> {
    const isKnownThere = this.#fallen.get(request.owner);
    this.#fallen.delete(request.owner);
    if (isKnownThere || tells(request)) this.#owe(request);
    return settledHere;
  }

  /** Also stops the rule here. Where nothing may be sent without the store, the caller gets its 429. */
  async freeze(request: FreezeRequest): Promise<FreezeAnswer> {
    const frozenHere = await this.#local.freeze(request);
    if (this.#fallen.has(request.owner)) {
      this.#oweFreeze(request);
      return frozenHere;
    }
    try {
      return await this.#ask("freeze", () => this.#shared.freeze(request));
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      this.#oweFreeze(request);
      return this.#freezeAlone(request, frozenHere, error);
    }
  }

  #freezeAlone(
    request: FreezeRequest,
    frozenHere: FreezeAnswer,
    reason: { readonly moving: boolean },
  ): FreezeAnswer {
    const { bot, owner, attempt, record, rules } = request;
    if (this.#options.whenStoreDown === "reject" || reason.moving) {
      // It may have been carried out, and then the record waits for a turn that nobody will take.
      if (record) this.#owe({ bot, owner, attempt: attempt + 1, record, as: "free", ttlUs: 0, rules });
      throw reason;
    }
    if (record !== undefined) this.#fallen.set(owner, true);
    return frozenHere;
  }

  inspect(bot: string, record: string, nowUs?: number): Promise<RecordView | undefined> {
    return this.#either("inspect", (store) => store.inspect(bot, record, nowUs));
  }

  stats(request: StatsRequest): Promise<readonly RuleStats[]> {
    return this.#either("stats", (store) => store.stats(request));
  }

  async reset(
    bot: string,
    what: { records?: readonly string[]; rules?: readonly string[] },
  ): Promise<number> {
    await this.#local.reset(bot, what);
    return this.#ask("reset", () => this.#shared.reset(bot, what));
  }

  async sweep(nowUs?: number): Promise<number> {
    await this.#local.sweep(nowUs);
    return this.#ask("sweep", () => this.#shared.sweep(nowUs));
  }

  ping(): Promise<StoreHealth> {
    return this.#ask("ping", () => this.#shared.ping());
  }

  /**
   * Stops looking after the shared store, which may be others' too; what is owed is told once more. A store that was
   * away is asked once whether it is back: what it is not told now, the next process will send again.
   */
  rest(): Promise<void> {
    return this.#circuit.rest();
  }

  async close(): Promise<void> {
    if (!this.#circuit.isResting) await this.rest();
    await this.#shared.close();
  }

  /** Is the record that of a run that fell, or does the store not take its outcome yet? */
  async #knowsBetter({ bot, claim }: AdmitRequest): Promise<boolean> {
    if (claim === undefined) return false;
    if (this.#fallen.size > 0) {
      const owner = (await this.#local.inspect(bot, claim.id))?.owner;
      if (owner !== undefined && this.#fallen.has(owner)) return true;
    }
    if (!this.#writeBack.owes(bot, claim.id)) return false;
    // The first who asks after an outage may find the store back before it was told anything.
    if (this.#circuit.isAway) return true;
    const flushed = this.#writeBack.flush();
    if (this.#options.whenStoreDown === "local" && (await this.#local.inspect(bot, claim.id))) return true;
    await flushed;
    return this.#writeBack.owes(bot, claim.id);
  }

  /** The store is away: this process guards itself, sends unguarded, or refuses. */
  async #admitAlone(request: AdmitRequest, reason?: unknown): Promise<Admission> {
    const { whenStoreDown } = this.#options;
    const mayBeThere = this.#fallen.get(request.owner) === true || this.#circuit.wasAsked(reason);
    if (whenStoreDown === "reject") {
      if (mayBeThere) this.#takeBack(request);
      throw reason;
    }
    if (request.claim) this.#fallen.set(request.owner, mayBeThere || request.holdsTurn === true);
    const admission =
      whenStoreDown === "local"
        ? await this.#local.admit({ ...request, deadlineUs: undefined })
        : ({ status: "go", leaseUs: Number.POSITIVE_INFINITY, nowUs: 0 } as const);
    if (admission.status === "go") return { ...admission, degraded: true };
    if (admission.status !== "wait") this.#fallen.delete(request.owner);
    if ((mayBeThere || request.holdsTurn) && endsRun.has(admission.status)) this.#takeBack(request);
    return admission;
  }

  /** The admit may have been carried out although its answer was lost, or will be, as long as it may be on its way. */
  #takeBack({ claim, rules, bot, owner, attempt, ttlUs }: AdmitRequest): void {
    if (claim === undefined) return;
    const unsent: SettleRequest = { bot, owner, attempt, record: claim.id, as: "unsent", ttlUs, rules };
    this.#owe(unsent);
    const onItsWayMs = probeEveryMs + (this.#shared.commandTimeoutMs ?? 0);
    const stop = this.#options.clock.every(onItsWayMs, () => {
      stop();
      if (!this.#circuit.isResting) this.#owe({ ...unsent });
    });
  }

  /** Other processes would send into the flood. */
  #oweFreeze(request: FreezeRequest): void {
    this.#freezes.add(request);
    this.#circuit.watch();
  }

  /** For the shared store, as soon as it takes it. */
  #owe(outcome: SettleRequest): void {
    this.#writeBack.add(outcome);
    this.#circuit.watch();
    if (!this.#circuit.isAway) void this.#writeBack.flush();
  }

  #ask<T>(verb: string, command: () => Promise<T>): Promise<T> {
    return this.#circuit.ask(verb, command);
  }

  async #either<T>(verb: string, command: (store: Store) => Promise<T>): Promise<T> {
    try {
      return await this.#ask(verb, () => command(this.#shared));
    } catch (error) {
      if (!isStoreUnavailable(error) || this.#options.whenStoreDown === "reject") throw error;
      return command(this.#local);
    }
  }

  /** Floods first: until they are told, others run into them. */
  async #tellOwed(): Promise<void> {
    await this.#freezes.flush();
    await this.#writeBack.flush();
  }
}

/** Answers that a record gives which the store still has. */
const lostNothing: ReadonlySet<Admission["status"]> = new Set(["done", "mismatch", "expired"]);

/** Answers after which a run asks and sends no more. */
const endsRun: ReadonlySet<Admission["status"]> = new Set(["refused", "done", "mismatch"]);
