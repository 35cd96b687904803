import { type Around, Arounds } from "./around.js";
import type { AbortSignalLike, Call, Delivery, DeliveryFacts, Send } from "./call.js";
import { Caps } from "./caps/caps.js";
import { slotsOf } from "./caps/slots-of.js";
import type { Clock } from "./clock.js";
import { defaults } from "./defaults.js";
import { Edits } from "./edits.js";
import { ConfigurationError } from "./errors.js";
import { classify } from "./flood/classify.js";
import { Floods } from "./flood/floods.js";
import { unguarded } from "./idempotency/identify.js";
import { deliveryFrom, type Job, sendingOf } from "./job.js";
import { waitUntil } from "./limiter/wait.js";
import { Messages } from "./messages.js";
import { editsMessage, methodClass } from "./methods.js";
import { type EventName, Events, type GuardEvents, type Listener } from "./observe/events.js";
import { type GuardHealth, healthOf } from "./observe/health.js";
import { logEvents } from "./observe/log.js";
import { Reporter } from "./observe/report.js";
import { Warnings } from "./observe/warnings.js";
import { OpenCalls } from "./open-calls.js";
import { type GuardOptions, resolveOptions, type Settings } from "./options.js";
import type { IdempotencyGuard } from "./parts/idempotency-guard.js";
import { partsOf } from "./parts/parts-of.js";
import type { TokenBucketRateLimiter } from "./parts/token-bucket-rate-limiter.js";
import { Preparation } from "./preparation.js";
import { Publisher } from "./publish/publisher.js";
import { type QueuedCall, type QueueQuestion, queueOf } from "./queue/queued-call.js";
import { refuse } from "./refusal.js";
import { isBeingSent } from "./scope.js";
import { after, promised, type Soon, whenEnded } from "./soon.js";
import { examine, type StoreReport } from "./store/examination.js";
import { FailoverStore } from "./store/failover.js";
import { memoryStore } from "./store/memory.js";
import type { Board, Store, StoreHealth } from "./store/port.js";
import { Touches } from "./touches.js";
import { Turns } from "./turns.js";
import { UpdateGuard, type UpdateToHandle } from "./update-guard.js";
import { knownNames, nonNegative } from "./validate.js";

/** How a guard is closed. */
export interface CloseOptions {
  /**
   * How long requests that are open may take to end, in ms.
   * @default 8_000
   */
  readonly timeoutMs?: number;
}

/**
 * Makes a guard: one for many bots and frameworks, or one each. Give it to an adapter's `reliability(guard)`
 * or `install(bot, guard)`, or call {@link Guard.run} yourself.
 *
 * @param opened a store that was opened for this guard alone, as adapters do for `REDIS_URL`: closed with it
 * @throws ConfigurationError naming the option and the remedy
 */
export function createGuard(options: GuardOptions = {}, opened?: Store): Guard {
  return new Guard(options, opened);
}

/** What sits between handlers and Telegram. See {@link createGuard}. */
export class Guard {
  readonly #settings: Settings;
  readonly #store: Store;
  readonly #events = new Events();
  readonly #warnings: Warnings;
  readonly #reporter: Reporter;
  readonly #preparation: Preparation;
  readonly #messages: Messages;
  readonly #edits: Edits | undefined;
  readonly #touches: Touches;
  readonly #turns: Turns;
  readonly #caps: Caps | undefined;
  readonly #updates: UpdateGuard;
  readonly #parts: ReturnType<typeof partsOf>;
  readonly #calls = new OpenCalls();
  readonly #arounds = new Arounds();
  readonly #ownsStore: boolean;
  readonly #publisher: Publisher | undefined;
  #failover: FailoverStore | undefined;
  #looked = false;
  #closed: Promise<void> | undefined;
  #bot: string | undefined;

  constructor(options: GuardOptions = {}, opened?: Store) {
    const settings = resolveOptions(opened ? { ...options, store: opened } : options);
    this.#ownsStore = opened !== undefined || options.store === undefined;
    this.#settings = settings;
    this.#warnings = new Warnings(settings.logger);
    this.#reporter = new Reporter(this.#events, this.#warnings);
    this.#store = settings.store ? this.#guarded(settings.store) : this.#embeddedStore();
    this.#preparation = new Preparation(settings, this.closing);
    this.#caps = this.#capsOver(this.#store);
    const turns = new Turns(this.#store, settings, this.#events, this.#caps);
    this.#turns = turns;
    const floods = new Floods(this.#store, settings, this.#events, this.#reporter);
    this.#messages = new Messages(this.#store, settings, turns, floods, this.#reporter);
    if (settings.edits !== "free")
      this.#edits = new Edits((job) => this.#edit(job), this.#preparation, settings.edits === "coalesce");
    this.#touches = new Touches(turns, floods, settings.clock);
    this.#updates = new UpdateGuard(this.#store, settings, this.#events, this.#warnings, this.closing);
    this.#parts = partsOf(options, this.#store);
    this.#publisher = this.#publisherOn(this.#store.board);
    if (settings.logger) logEvents(this.#events, settings.logger);
  }

  /** Stands for the bot's id in every key, if the option was given. */
  get namespace(): string | undefined {
    return this.#settings.namespace;
  }

  /**
   * Adapters tell which bot they send for. Under a `namespace` there may be one: updates and messages of two
   * would be taken for each other's.
   *
   * @throws ConfigurationError for a second bot under one namespace
   */
  expectBot(id: string): void {
    if (this.namespace === undefined) return;
    this.#bot ??= id;
    if (this.#bot === id) return;
    throw new ConfigurationError(
      `two bots (${this.#bot} and ${id}) under one \`namespace\`: give each bot its own, or leave the option out`,
    );
  }

  /** Time as this guard sees it. For adapters, and for what runs on them. */
  get clock(): Clock {
    return this.#settings.clock;
  }

  /** The rules in force, as a store is told them. For adapters, and for what runs on them. */
  get rules(): Settings["rules"] {
    return this.#settings.rules;
  }

  /** Does it remember what was sent by this method? For adapters, and for what runs on them. */
  remembers(method: string): boolean {
    return this.#settings.deduplicates(method);
  }

  /** Tells those who listen. For adapters, and for what runs on them. */
  announce<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    this.#events.emit(name, event);
  }

  /** The store in use. */
  get store(): Store {
    return this.#store;
  }

  /** At most once for operations of any kind: on this guard's store, in its namespace or else `"default"`. */
  get idempotency(): IdempotencyGuard {
    return this.#parts.idempotency;
  }

  /** Limits for anything: on this guard's store, by its rules, in its namespace or else `"default"`. */
  get limiter(): TokenBucketRateLimiter {
    return this.#parts.limiter;
  }

  /** Warns once per kind: to the logger, or as a process warning. For adapters. */
  get warnings(): Warnings {
    return this.#warnings;
  }

  /** The longest that one call waits, in ms, outside an update and inside one. For adapters. */
  get maxWaitMs(): { readonly outside: number; readonly inside: number } {
    return this.#settings.maxWaitMs;
  }

  /**
   * The calls of this process that wait for their turn, in order of arrival, and when each will come. Nothing is
   * computed unless asked; the store is asked once per bot. Twins that wait for another's result stand in no queue.
   *
   * @throws ConfigurationError when an argument is wrong
   * @example for (const { chat, method, dueAt } of await guard.queue({ bot: "4242", chat: -1001 })) …
   */
  queue(question: QueueQuestion = {}): Promise<readonly QueuedCall[]> {
    return queueOf(this.#turns.waiting, question, this.#store, this.#settings.clock);
  }

  /** Subscribes to events by name; answers the function that unsubscribes. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Sends `call` by `send` unless it was sent before, at the pace of its rules. A refusal is a value
   * (`delivery.status`), Telegram's own answers come back untouched in `delivery.reply`.
   *
   * @param send sends the call through the framework, once; called again only after a 429
   * @throws ConfigurationError when the payload cannot be sent by anybody (it contains itself, say)
   */
  run(call: Call, send: Send, signal?: AbortSignalLike): Promise<Delivery> {
    const kind = isBeingSent(sendingOf(call)) ? "pass" : methodClass(call.method);
    if (kind === "pass" || kind === "poll") return this.#pass(call, send, signal);
    if (this.closing.aborted) return Promise.resolve(refuse(noFacts, "closed"));
    const around = this.#arounds.whole;
    if (around === undefined) return this.#handle(kind, call, send, signal);
    return around(call, send, (inner) => this.#handle(kind, call, inner, signal));
  }

  /**
   * Does something around each call that this guard handles, outside of all that it does itself: for tracing, which
   * needs the call's own context. What is passed through (`getUpdates`, `get*`, `answer*` …) is not among them.
   * Answers the function that ends it.
   */
  around(around: Around): () => void {
    return this.#arounds.add(around);
  }

  /**
   * Runs `handler` for an update unless it has been handled: a redelivery is dropped, a concurrent duplicate
   * waits for the first. Sends inside are keyed by the update.
   *
   * @returns what the handler returned; undefined when the update was dropped
   */
  handleUpdate<T>(update: UpdateToHandle, handler: () => Promise<T>): Promise<T | undefined> {
    return this.#updates.handle(update, handler);
  }

  /** Aborts when this guard closes. For what runs on it and waits by itself. */
  get closing(): AbortSignal {
    return this.#calls.closing;
  }

  /**
   * How it is: asks the store, claims a record and pays a bucket, and leaves nothing behind for longer than a second.
   * Never rejects, and changes nothing: neither a breaker nor the mode. Takes at most two command time-outs of the
   * store (1 s by default), also while a first connection is still being made.
   *
   * @example
   * app.get("/ready", async (_, response) => {
   *   const health = await guard.health();
   *   response.status(health.status === "down" ? 503 : 200).json(health);
   * });
   */
  async health(): Promise<GuardHealth> {
    const calls = { open: this.#calls.size, waiting: this.#turns.waiting.size };
    const { whenStoreDown } = this.#settings;
    const store = await this.#examine();
    const mode = this.#failover?.mode ?? "embedded";
    const owed = this.#failover?.owed ?? 0;
    return healthOf({ mode, store, calls, owed, whenStoreDown, closed: this.closing.aborted });
  }

  /**
   * Takes no more calls. Calls that wait are refused at once (`"closed"`) and give their turns back; open requests get
   * `timeoutMs` to end. What is open then is left to its lease, and told by the event `closed`: this process renews
   * nothing any more, and who asks for the same message later finds its outcome unknown. Closes the store if this guard
   * made it; resolves at most a second after `timeoutMs`. Called again, it waits for the same end.
   *
   * @throws ConfigurationError when `timeoutMs` is no number of milliseconds
   * @example process.once("SIGTERM", async () => { await bot.stop(); await guard.close(); });
   */
  async close(options: CloseOptions = {}): Promise<void> {
    knownNames("close()", options, ["timeoutMs"]);
    const { timeoutMs = defaults.close.timeoutMs } = options;
    nonNegative("close({ timeoutMs })", timeoutMs, "milliseconds");
    this.#closed ??= this.#end(timeoutMs);
    return this.#closed;
  }

  async #end(timeoutMs: number): Promise<void> {
    const { clock } = this.#settings;
    await this.#calls.drain(clock, timeoutMs);
    this.#messages.stopRenewing();
    this.#updates.stopRenewing();
    this.#caps?.stopKeeping();
    await waitUntil(clock, this.#lastWords(), defaults.close.lastWordsMs);
    this.#events.emit("closed", { unfinished: this.#calls.size });
    if (this.#ownsStore) await waitUntil(clock, this.#store.close(), defaults.close.lastWordsMs);
  }

  /** What the store should hear still. */
  async #lastWords(): Promise<void> {
    await this.#publisher?.close();
    await this.#caps?.rest();
    await this.#failover?.rest();
  }

  async #examine(): Promise<StoreReport> {
    const { name } = this.#store;
    if (this.closing.aborted) return { name, reachable: false, error: "the guard was closed" };
    return this.#failover ? this.#failover.examine() : examine(this.#store, this.#settings.clock, "probe");
  }

  /** Once, beside the first send: is the shared store one that throws records away? */
  #lookAtStore(): void {
    if (this.#looked || this.#store.embedded) return;
    this.#looked = true;
    const warn = ({ evictionPolicy = "noeviction" }: StoreHealth) => {
      if (evictionPolicy !== "noeviction") this.#warnings.once("evicting");
    };
    this.#store.ping().then(warn, (error) => this.#reporter.storeFailed("ping", error));
  }

  #handle(
    kind: "create" | "touch",
    call: Call,
    send: Send,
    signal: AbortSignalLike | undefined,
  ): Promise<Delivery> {
    const work = () =>
      kind === "create" ? this.#create(call, send, signal) : this.#touch(call, send, signal);
    return promised(() => this.#calls.track(work));
  }

  /** Methods that create a message. */
  #create(call: Call, send: Send, signal: AbortSignalLike | undefined): Soon<Delivery> {
    this.#lookAtStore();
    const prepared = this.#preparation.message(call, send, signal);
    return after(prepared, (job) =>
      whenEnded(
        () => this.#messages.send(job),
        (delivery) => this.#created(job, delivery),
      ),
    );
  }

  #created(job: Job, delivery: Delivery | undefined): void {
    job.identity.end(delivery?.status === "sent" || delivery?.status === "replayed");
    if (delivery) this.#reporter.ended(job, delivery);
    if (job.identity === unguarded && this.#settings.deduplicates(job.call.method))
      this.#reporter.unguarded(job);
  }

  /** Methods that change what is there. */
  async #touch(call: Call, send: Send, signal: AbortSignalLike | undefined): Promise<Delivery> {
    if (this.#edits && editsMessage(call.method)) return this.#edits.send(call, send, signal);
    if (!this.#settings.freezes && !this.#caps?.covers(call)) return this.#pass(call, send, signal);
    const job = this.#preparation.touch(call, send, signal);
    const delivery = await this.#touches.send(job);
    this.#reporter.ended(job, delivery);
    return delivery;
  }

  /** An edit that pays; told once for all edits that it has overtaken. */
  async #edit(job: Job): Promise<Delivery> {
    const delivery = await this.#messages.send(job);
    this.#reporter.ended(job, delivery);
    return delivery;
  }

  async #pass(call: Call, send: Send, signal: AbortSignalLike | undefined): Promise<Delivery> {
    const reply = await send(signal);
    return deliveryFrom({ ...noFacts, attempts: 1 }, classify(call.method, reply), reply);
  }

  /** A store that can go away, with what shall happen then. The embedded one cannot. */
  #guarded(store: Store): Store {
    if (store.embedded) return store;
    const { whenStoreDown, logger, clock } = this.#settings;
    logger?.info(
      { event: "store", store: store.name, whenStoreDown },
      "sendonce: records and limits are shared",
    );
    this.#failover = new FailoverStore(store, {
      whenStoreDown,
      clock,
      onMode: (mode, reason) => this.#events.emit("mode", { mode, store: store.name, reason }),
      onFall: (verb, message) => this.#events.emit("storeError", { verb, message }),
      onDropped: (count) => this.#events.emit("dropped", { count }),
      trips: {
        wanted: () => this.#events.wants("storeTrip"),
        tell: (verb, ms, ok) => this.#events.emit("storeTrip", { verb, ms, ok }),
      },
    });
    return this.#failover;
  }

  /** A store in this process's memory has nobody else's calls waiting for its slots. */
  #capsOver(store: Store): Caps | undefined {
    if (this.#settings.caps.length === 0) return undefined;
    return new Caps(slotsOf(store), this.#settings, this.#reporter, store.embedded === true);
  }

  /** Where nobody else can read it, nothing is posted. */
  #publisherOn(board: Board | undefined): Publisher | undefined {
    const { publish, rules, rateCeiling: ceiling, clock } = this.#settings;
    if (!publish || !board) return undefined;
    return new Publisher({
      board,
      events: this.#events,
      clock,
      rules,
      ceiling,
      chats: publish.chats,
      calls: () => ({ open: this.#calls.size, waiting: this.#turns.waiting.size }),
      mode: () => this.#failover?.mode ?? "shared",
      onDenied: () => this.#warnings.once("publish"),
    });
  }

  #embeddedStore(): Store {
    const onDropped = (count: number) => {
      this.#events.emit("dropped", { count });
      this.#warnings.once("full");
    };
    return memoryStore({ clock: this.#settings.clock, onDropped });
  }
}

const noFacts: DeliveryFacts = Object.freeze({ scope: "none", attempts: 0, waitedMs: 0 });
