import type { AbortSignalLike, Call, Delivery, DeliveryFacts, Failed, Outcome, Reply, Send } from "./call.js";
import { type Clock, sleepMs, toMicros, toMillis } from "./clock.js";
import { defaults } from "./defaults.js";
import { rememberDelivery } from "./delivered.js";
import { carriedOptions } from "./delivery-options.js";
import { ConfigurationError } from "./errors.js";
import { fingerprint } from "./fingerprint/index.js";
import { Flights } from "./flights.js";
import { classify } from "./flood/classify.js";
import { type Identity, identify, unguarded } from "./idempotency/identify.js";
import { factsOf, type Job, ownershipOf, ownerToken, recordOf, remainingMs } from "./job.js";
import { Lines } from "./limiter/line.js";
import { chatOf, floodedRule, planCharges, planGates } from "./limiter/plan.js";
import { costOf, methodClass } from "./methods.js";
import { type EventName, Events, type Listener } from "./observe/events.js";
import { logEvents } from "./observe/log.js";
import { Warnings } from "./observe/warnings.js";
import { type GuardOptions, resolveOptions, type Settings, timing } from "./options.js";
import type { IdempotencyGuard } from "./parts/idempotency-guard.js";
import { partsOf } from "./parts/parts-of.js";
import type { TokenBucketRateLimiter } from "./parts/token-bucket-rate-limiter.js";
import { refuse } from "./refusal.js";
import { Results } from "./result/remembered.js";
import { currentContext, isBeingSent, type Sending, type UpdateScope, whileSending } from "./scope.js";
import { FailoverStore } from "./store/failover.js";
import { memoryStore } from "./store/memory.js";
import type { FreezeAnswer, Ownership, RuleCharge, Settlement, Store, StoreHealth } from "./store/port.js";
import { Turns } from "./turns.js";
import { UpdateGuard, type UpdateToHandle } from "./update-guard.js";

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
  readonly #clock: Clock;
  readonly #events = new Events();
  readonly #warnings: Warnings;
  readonly #lines: Lines;
  readonly #turns: Turns;
  readonly #flights: Flights;
  readonly #results: Results;
  readonly #updates: UpdateGuard;
  readonly #parts: ReturnType<typeof partsOf>;
  readonly #open = new Set<Promise<unknown>>();
  readonly #ownsStore: boolean;
  #looked = false;
  #closed = false;
  #bot: string | undefined;

  constructor(options: GuardOptions = {}, opened?: Store) {
    const settings = resolveOptions(opened ? { ...options, store: opened } : options);
    this.#ownsStore = opened !== undefined || options.store === undefined;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#warnings = new Warnings(settings.logger);
    this.#store = settings.store ? this.#guarded(settings.store) : this.#embeddedStore();
    this.#lines = new Lines(this.#clock);
    this.#turns = new Turns(this.#store, settings, this.#events);
    this.#flights = new Flights(this.#clock, settings.onBusy);
    this.#results = new Results(settings.result);
    this.#updates = new UpdateGuard(this.#store, settings, this.#events, this.#warnings);
    this.#parts = partsOf(options, this.#store);
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
  async run(call: Call, send: Send, signal?: AbortSignalLike): Promise<Delivery> {
    const kind = isBeingSent(sendingOf(call)) ? "pass" : methodClass(call.method);
    if (kind === "pass" || kind === "poll") return this.#pass(call, send, signal);
    if (this.#closed) return refuse(noFacts, "closed");
    return this.#tracked(
      kind === "create" ? this.#create(call, send, signal) : this.#change(call, send, signal),
    );
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

  /** Takes no more calls, waits for those in flight, and closes the store if this guard made it. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#open.size > 0) await Promise.allSettled(this.#open);
    if (this.#ownsStore) await this.#store.close();
  }

  /** Once, beside the first send: is the shared store one that throws records away? */
  #lookAtStore(): void {
    if (this.#looked || this.#store.embedded) return;
    this.#looked = true;
    const warn = ({ evictionPolicy = "noeviction" }: StoreHealth) => {
      if (evictionPolicy !== "noeviction") this.#warnings.once("evicting");
    };
    this.#store.ping().then(warn, (error) => this.#storeFailed("ping", error));
  }

  /** Methods that create a message: claimed, paid, sent, settled. */
  async #create(call: Call, send: Send, signal: AbortSignalLike | undefined): Promise<Delivery> {
    this.#lookAtStore();
    const prepared = this.#prepare(call, send, signal);
    const job = prepared instanceof Promise ? await prepared : prepared;
    let delivery: Delivery | undefined;
    try {
      delivery = await (job.identity.id === undefined
        ? this.#lead(job)
        : this.#flights.share(job, () => this.#lead(job)));
      return delivery;
    } finally {
      job.identity.end(delivery?.status === "sent" || delivery?.status === "replayed");
      if (delivery) this.#report(job, delivery);
      if (job.identity === unguarded && this.#settings.deduplicates(call.method)) this.#noteUnguarded(job);
    }
  }

  #prepare(call: Call, send: Send, signal: AbortSignalLike | undefined): Job | Promise<Job> {
    const settings = this.#settings;
    const context = currentContext();
    const options = { ...context.options, ...carriedOptions(call.payload) };
    const update = this.#liveUpdate(context.update);
    const startedAt = this.#clock.now();
    const finish = (identity: Identity): Job => ({
      call,
      send,
      signal,
      identity,
      charges: this.#plan(call, options, update),
      owner: ownerToken(),
      ttlUs: toMicros(options.ttlMs ?? (identity.scope === "update" ? settings.updateTtlMs : settings.ttlMs)),
      deadline: startedAt + (options.maxWaitMs ?? settings.maxWaitMs[update ? "inside" : "outside"]),
      attempt: 0,
      requests: 0,
      waitedMs: 0,
      holdsTurn: false,
      takesAmbiguous: false,
    });
    if (!settings.deduplicates(call.method)) return finish(unguarded);
    const { match, secrets } = settings;
    const onMismatch = options.onMismatch ?? settings.onMismatch;
    const identity = identify({
      call,
      options,
      update,
      delivery: context.delivery,
      match,
      onMismatch,
      secrets,
    });
    return identity instanceof Promise ? identity.then(finish) : finish(identity);
  }

  #plan(call: Call, options: { priority?: "high" | "normal" | "bulk"; cost?: number }, update?: UpdateScope) {
    const priority = options.priority ?? "normal";
    return planCharges(this.#settings.rules, {
      method: call.method,
      payload: call.payload,
      cost: options.cost ?? costOf(call.method, call.payload),
      priority,
      soft:
        priority === "high" || (priority === "normal" && update !== undefined && this.#settings.repliesPay),
      userId: update?.userId ?? call.userId,
    });
  }

  /** Calls that a handler left running belong to its update until `updateTtlMs` has passed. */
  #liveUpdate(update: UpdateScope | undefined): UpdateScope | undefined {
    if (update === undefined) return undefined;
    const now = this.#clock.now();
    update.openedAt ??= now;
    return now - update.openedAt < this.#settings.updateTtlMs ? update : undefined;
  }

  /** Waits for the turn, sends, and goes round again after a 429, keeping its place in line. */
  async #lead(job: Job): Promise<Delivery> {
    const ticket = this.#lines.join(lineOf(job));
    let pauseMs = 0;
    try {
      for (;;) {
        const turn = await this.#turns.take(job, ticket, pauseMs);
        if (turn.status === "done") return this.#replay(job, turn.result);
        if (turn.status !== "go") return turn;
        ticket.leave();
        const reply = await this.#send(job);
        const outcome = classify(job.call.method, reply);
        const thawMs = await this.#freeze(job, outcome);
        if (thawMs === undefined || !(await this.#mayRetry(job, thawMs))) {
          return await this.#settle(job, outcome, reply);
        }
        pauseMs = thawMs;
        ticket.rejoin();
      }
    } finally {
      ticket.leave();
    }
  }

  /** One HTTP request under a lease that is renewed while it is open. */
  async #send(job: Job): Promise<Reply> {
    job.requests++;
    const lease = { record: recordOf(job), leaseUs: timing.leaseUs, rules: job.charges };
    const stop = this.#clock.every(defaults.renewEveryMs, () => {
      this.#store
        .renew({ ...ownershipOf(job), ...lease })
        .catch((error) => this.#storeFailed("renew", error));
    });
    try {
      return await whileSending(sendingOf(job.call), () => job.send(job.signal));
    } catch (error) {
      return { type: "failure", error };
    } finally {
      stop();
    }
  }

  /**
   * After a 429 the rule stands still for everybody. Answers when this call may be tried again; undefined
   * when it may not, because nobody can tell what became of it.
   */
  async #freeze(job: Job, outcome: Outcome): Promise<number | undefined> {
    const retryAfterMs = retryAfter(outcome);
    if (retryAfterMs === undefined || !this.#settings.freezes) return undefined;
    const certain = outcome.kind === "rejected";
    const answer = await this.#freezeRule(job.call, job.charges, retryAfterMs, {
      ...ownershipOf(job),
      record: certain ? recordOf(job) : undefined,
    });
    if (!certain || answer?.status !== "frozen") return undefined;
    job.attempt++;
    job.holdsTurn = true;
    return sleepMs(answer.waitUs);
  }

  async #freezeRule(
    call: Call,
    rules: readonly RuleCharge[],
    retryAfterMs: number,
    who: Ownership & { record?: string | undefined },
  ): Promise<FreezeAnswer | undefined> {
    const frozen = floodedRule(rules);
    const { bot, method } = call;
    const rule = rules[frozen]!.name;
    this.#events.emit("freeze", {
      bot,
      method,
      chat: chatOf(call.payload),
      scope: "none",
      rule,
      retryAfterMs,
    });
    const request = { ...who, rules, frozen, retryAfterUs: toMicros(retryAfterMs), graceUs: timing.graceUs };
    return this.#store.freeze(request).catch((error: unknown) => this.#storeFailed("freeze", error));
  }

  async #mayRetry(job: Job, thawMs: number): Promise<boolean> {
    if (job.requests > this.#settings.floodRetries || thawMs > remainingMs(job, this.#clock)) return false;
    return isRepeatable(job.call);
  }

  async #settle(job: Job, outcome: Outcome, reply: Reply): Promise<Delivery> {
    const { method } = job.call;
    const stored = outcome.kind === "ok" ? this.#results.keep(job, method, outcome.result) : undefined;
    const settlement = {
      ...ownershipOf(job),
      record: recordOf(job),
      as: settlementOf(outcome, job.identity),
      result: stored,
      ttlUs: job.ttlUs,
      rules: job.charges,
    };
    await this.#store.settle(settlement).catch((error) => this.#storeFailed("settle", error));
    return deliveryFrom(factsOf(job), outcome, reply);
  }

  #replay(job: Job, stored: string | undefined): Delivery {
    return { ...factsOf(job), status: "replayed", result: this.#results.recall(job, stored) };
  }

  /** Methods that change what is there: no key, no pay; they wait for a thaw and are tried again after a 429. */
  async #change(call: Call, send: Send, signal: AbortSignalLike | undefined): Promise<Delivery> {
    if (!this.#settings.freezes) return this.#pass(call, send, signal);
    const job = this.#gateJob(call, send, signal);
    const delivery = await this.#touch(job);
    this.#report(job, delivery);
    return delivery;
  }

  async #touch(job: Job): Promise<Delivery> {
    const { call, send, signal } = job;
    for (;;) {
      const blocked = await this.#awaitThaw(job);
      if (blocked) return blocked;
      job.requests++;
      const reply = await whileSending(sendingOf(job.call), () => send(signal));
      const outcome = classify(call.method, reply);
      const retryAfterMs = retryAfter(outcome);
      if (retryAfterMs === undefined) return deliveryFrom(factsOf(job), outcome, reply);
      const answer = await this.#freezeRule(call, job.charges, retryAfterMs, ownershipOf(job));
      const frozen = answer?.status === "frozen";
      if (!frozen || !(await this.#mayRetry(job, toMillis(answer.waitUs)))) {
        return deliveryFrom(factsOf(job), outcome, reply);
      }
    }
  }

  #gateJob(call: Call, send: Send, signal: AbortSignalLike | undefined): Job {
    const options = { ...currentContext().options, ...carriedOptions(call.payload) };
    const inside = this.#liveUpdate(currentContext().update) ? "inside" : "outside";
    return {
      call,
      send,
      signal,
      identity: unguarded,
      charges: planGates(call.method, call.payload),
      owner: ownerToken(),
      ttlUs: 0,
      deadline: this.#clock.now() + (options.maxWaitMs ?? this.#settings.maxWaitMs[inside]),
      attempt: 0,
      requests: 0,
      waitedMs: 0,
      holdsTurn: false,
      takesAmbiguous: false,
    };
  }

  /** Sleeps while the chat or the bot is frozen. Answers a refusal when that takes too long. */
  async #awaitThaw(job: Job): Promise<Delivery | undefined> {
    for (;;) {
      if (job.signal?.aborted) return refuse(factsOf(job), "aborted");
      const admission = await this.#turns.askGates(job);
      if (admission.status === "refused") {
        const { retryAfterUs, rule } = admission;
        return refuse(factsOf(job), "rate_limited", { retryAfterMs: toMillis(retryAfterUs), rule });
      }
      if (admission.status !== "wait") return undefined;
      const from = this.#clock.now();
      await this.#clock.sleep(sleepMs(admission.waitUs), job.signal);
      job.waitedMs += this.#clock.now() - from;
    }
  }

  async #pass(call: Call, send: Send, signal: AbortSignalLike | undefined): Promise<Delivery> {
    const reply = await send(signal);
    return deliveryFrom({ ...noFacts, attempts: 1 }, classify(call.method, reply), reply);
  }

  #report(job: Job, delivery: Delivery): void {
    const { bot, method, payload } = job.call;
    const { key, scope, attempts, waitedMs } = delivery;
    const facts = { bot, method, chat: chatOf(payload), key, scope, attempts, waitedMs };
    rememberDelivery(delivery);
    switch (delivery.status) {
      case "sent":
        this.#events.emit("sent", facts);
        break;
      case "replayed":
        this.#events.emit("replayed", facts);
        if (scope === "content") this.#warnings.once("repeat");
        break;
      case "failed":
        this.#events.emit("failed", { ...facts, outcome: delivery.outcome });
        break;
      default:
        this.#events.emit("refused", {
          ...facts,
          code: delivery.status,
          retryAfterMs: delivery.retryAfterMs,
        });
    }
  }

  /** It has no content to tell it by, and no update or key names it. */
  #noteUnguarded({ call: { bot, method, payload } }: Job): void {
    this.#events.emit("unguarded", { bot, method, chat: chatOf(payload), scope: "none" });
    this.#warnings.once("stream");
  }

  /** A store that can go away, with what shall happen then. The embedded one cannot. */
  #guarded(store: Store): Store {
    if (store.embedded) return store;
    const { whenStoreDown, logger, clock } = this.#settings;
    logger?.info({ store: store.name, whenStoreDown }, "sendonce: records and limits are shared");
    return new FailoverStore(store, {
      whenStoreDown,
      clock,
      onMode: (mode, reason) => this.#events.emit("mode", { mode, store: store.name, reason }),
      onFall: (verb, message) => this.#events.emit("storeError", { verb, message }),
      onDropped: (count) => this.#events.emit("dropped", { count }),
    });
  }

  #embeddedStore(): Store {
    const onDropped = (count: number) => {
      this.#events.emit("dropped", { count });
      this.#warnings.once("full");
    };
    return memoryStore({ clock: this.#clock, onDropped });
  }

  #storeFailed(verb: string, error: unknown): undefined {
    this.#events.emit("storeError", { verb, message: String((error as Error)?.message ?? error) });
    return undefined;
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#open.add(work);
    try {
      return await work;
    } finally {
      this.#open.delete(work);
    }
  }
}

const noFacts: DeliveryFacts = Object.freeze({ scope: "none", attempts: 0, waitedMs: 0 });

const sendingOf = ({ bot, method, payload }: Call): Sending => ({ bot, method, chat: chatOf(payload) });

/** Replies, ordinary sends and bulk do not stand behind each other. */
function lineOf({ call, charges }: Job): string {
  const last = charges.at(-1)!;
  const lane = last.mode === "debit" ? "reply" : last.priority;
  return `${call.bot}|${chatOf(call.payload) ?? ""}|${lane}`;
}

const retryAfter = (outcome: Outcome): number | undefined =>
  outcome.kind === "rejected" || outcome.kind === "unknown" ? outcome.retryAfterMs : undefined;

/** Reading a stream spoils it: sent a second time it would be empty. */
async function isRepeatable(call: Call): Promise<boolean> {
  const { content } = await fingerprint(call);
  return content !== undefined;
}

/** A record that only held a turn goes when the call ends. */
function settlementOf(outcome: Outcome, identity: Identity): Settlement {
  if (outcome.kind === "unsent") return "unsent";
  if (identity.id === undefined || outcome.kind === "rejected") return "free";
  return outcome.kind === "ok" ? "done" : "ambiguous";
}

function deliveryFrom(facts: DeliveryFacts, outcome: Outcome, reply: Reply): Delivery {
  if (outcome.kind === "ok") return { ...facts, status: "sent", result: outcome.result };
  return { ...facts, status: "failed", outcome: outcome.kind, reply } satisfies Failed;
}
