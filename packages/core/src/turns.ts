import type { Refusal } from "./call.js";
import type { Caps } from "./caps/caps.js";
import { type Clock, sleepMs, stopwatch, toMicros, toMillis } from "./clock.js";
import { defaults } from "./defaults.js";
import { IdempotencyConflict, isStoreUnavailable } from "./errors.js";
import { calledOff, factsOf, type Job, ownershipOf, recordOf, remainingMs, remainingUs } from "./job.js";
import type { Ticket } from "./limiter/line.js";
import { chatOf, floodedRule } from "./limiter/plan.js";
import { pause } from "./limiter/wait.js";
import { spendsStars } from "./methods.js";
import { Checks } from "./observe/checks.js";
import type { Events } from "./observe/events.js";
import { type Settings, timing } from "./options.js";
import { WaitingCalls } from "./queue/waiting-calls.js";
import { refuse } from "./refusal.js";
import { isLater, type Soon } from "./soon.js";
import { admitIn } from "./store/at-once.js";
import type { Admission, AdmitRequest, Store } from "./store/port.js";

/** What waiting for a turn ends in. */
export type Turn =
  | { readonly status: "go" }
  | { readonly status: "done"; readonly result: string | undefined }
  | Refusal;

/** What the store has answered, and how long ago it was asked. */
interface Answered {
  readonly admission: Admission;
  readonly sinceAsked: () => number;
}

type PlainAdmission = Extract<Admission, { readonly status: "go" | "done" }>;

/**
 * Admits a call: asks the store, sleeps until the turn that it reserved, asks again, until the last rule is
 * paid and SENDING is written. Asleep in between; nobody polls, except for another process's result.
 */
export class Turns {
  readonly #store: Store;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #events: Events;
  readonly #caps: Caps | undefined;
  readonly #checks: Checks;
  /** Who waits, and for what. */
  readonly waiting = new WaitingCalls();

  constructor(store: Store, settings: Settings, events: Events, caps?: Caps) {
    this.#caps = caps;
    this.#store = store;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#events = events;
    this.#checks = new Checks(store, events);
  }

  /** @param pauseMs sleeps first: a freeze has told when to come again */
  take(job: Job, ticket: Ticket, pauseMs = 0): Soon<Turn> {
    const asksAtOnce = pauseMs <= 0 && this.#caps === undefined && ticket.isHead && !calledOff(job);
    return asksAtOnce ? this.#takeAtOnce(job, ticket) : this.#wait(job, ticket, pauseMs);
  }

  /** Mostly nothing stands in the way, and there is a token. */
  #takeAtOnce(job: Job, ticket: Ticket): Soon<Turn> {
    const sinceAsked = stopwatch(this.#clock);
    const answered = (admission: Admission): Soon<Turn> => {
      this.#checks.answered(job, admission);
      if (this.#isPlain(job, admission, sinceAsked)) return admission;
      return this.#wait(job, ticket, 0, { admission, sinceAsked });
    };
    const admission = this.#admit(job);
    if (!isLater(admission)) return answered(admission);
    return admission.then(answered, (error) => this.#failed(job, error));
  }

  #isPlain(job: Job, admission: Admission, sinceAsked: () => number): admission is PlainAdmission {
    if (admission.status === "done") return true;
    if (admission.status !== "go" || admission.degraded || job.signal?.aborted) return false;
    return toMicros(sinceAsked()) < admission.leaseUs;
  }

  async #wait(job: Job, ticket: Ticket, pauseMs: number, first?: Answered): Promise<Turn> {
    let turn: Turn | undefined;
    this.#arrives(job, pauseMs);
    try {
      turn = await this.#takeOrThrow(job, ticket, pauseMs, first);
    } catch (error) {
      turn = this.#failed(job, error);
      if (job.holdsTurn) await this.giveBack(job);
    } finally {
      this.waiting.end(job);
      if (turn?.status !== "go") await this.leave(job);
    }
    return turn;
  }

  #failed(job: Job, error: unknown): Refusal {
    if (!isStoreUnavailable(error)) throw error;
    return this.#storeAway(job, error);
  }

  #arrives(job: Job, pauseMs: number): void {
    const now = this.#clock.now();
    this.waiting.arrive(job, now);
    if (pauseMs <= 0) return;
    const { name } = job.charges[floodedRule(job.charges)]!;
    this.waits(job, name, pauseMs, now + pauseMs);
  }

  /**
   * Takes a slot of every cap over the call. Answers a refusal when there is none in time. The caller must `leave`.
   */
  async enter(job: Job): Promise<Refusal | undefined> {
    try {
      return await this.#enterOrThrow(job);
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      if (job.holdsTurn) await this.giveBack(job);
      return this.#storeAway(job, error);
    }
  }

  /** The request is over, or there will be none: the call's slots are free for others. */
  async leave(job: Job): Promise<void> {
    await this.#caps?.leave(job);
  }

  async #enterOrThrow(job: Job): Promise<Refusal | undefined> {
    if (this.#caps === undefined) return undefined;
    const full = await this.#caps.enter(job, {
      begin: (cap, lookAgainMs) => this.waits(job, cap, lookAgainMs, undefined),
      keep: () => void this.#keepTurn(job),
    });
    if (full === undefined) return undefined;
    if (job.holdsTurn) await this.giveBack(job);
    const over = calledOff(job);
    if (over) return refuse(factsOf(job), over);
    return refuse(factsOf(job), "rate_limited", { retryAfterMs: defaults.lookAgainMs.longest, rule: full });
  }

  /** A turn that has come would be another's, or gone, after `graceMs`. */
  async #keepTurn(job: Job): Promise<void> {
    if (!job.holdsTurn) return;
    const { leaseUs } = timing;
    const lease = { ...ownershipOf(job), record: recordOf(job), leaseUs, rules: job.charges };
    await this.#store.renew(lease).catch((error: Error) => this.#storeFailed("renew", error));
  }

  /** A store that moves its keys is not away: who comes again finds it. */
  #storeAway(job: Job, error: Error & { readonly moving: boolean }): Refusal {
    this.#storeFailed("admit", error);
    if (error.moving)
      return refuse(factsOf(job), "rate_limited", { retryAfterMs: defaults.lookAgainMs.longest });
    return refuse(factsOf(job), "store_unavailable");
  }

  #storeFailed(verb: string, { message }: Error): void {
    this.#events.emit("storeError", { verb, message });
  }

  /** @param known what the store has answered already */
  async #takeOrThrow(job: Job, ticket: Ticket, pauseMs: number, known?: Answered): Promise<Turn> {
    let lookAgainMs: number = defaults.lookAgainMs.first;
    let sleep = pauseMs;
    let first = known;
    for (;;) {
      if (sleep > 0) await this.#sleep(job, sleep);
      if (first === undefined) {
        if (calledOff(job) || !(await this.#atHead(job, ticket))) return this.#giveUp(job);
        const full = await this.#enterOrThrow(job);
        if (full) return full;
      }
      const { admission, sinceAsked }: Answered = first ?? (await this.#ask(job));
      first = undefined;
      if (admission.status !== "go") void this.leave(job);
      switch (admission.status) {
        case "go":
          job.holdsTurn = false;
          if (job.signal?.aborted) return this.#giveUp(job, true);
          if (admission.degraded && spendsStars(job.call.method, job.call.payload)) {
            await this.giveBack(job);
            return refuse(factsOf(job), "store_unavailable");
          }
          if (toMicros(sinceAsked()) < admission.leaseUs) return admission;
          // This process slept past its lease: others read AMBIGUOUS by now. A late copy of this settle must
          // not meet the next try, so that one is another attempt.
          await this.giveBack(job);
          job.attempt++;
          sleep = 0;
          break;
        case "wait":
          sleep = this.#turnGiven(job, admission.waitUs, admission.rule);
          break;
        case "busy": {
          if (this.#settings.onBusy === "reject" || remainingMs(job, this.#clock) <= 0)
            return this.#busy(job);
          const turnMs = toMillis(admission.waitUs);
          sleep = Math.min(turnMs > 0 ? turnMs : lookAgainMs, remainingMs(job, this.#clock));
          lookAgainMs = Math.min(2 * lookAgainMs, defaults.lookAgainMs.longest);
          ticket.leave();
          await this.#sleep(job, sleep);
          ticket.rejoin();
          sleep = 0;
          break;
        }
        case "ambiguous":
          if (job.takesAmbiguous || !this.#mayRetry(job)) {
            // It may be our own: an admit whose answer was lost. The store refuses this if it is not.
            await this.giveBack(job);
            return refuse(factsOf(job), "ambiguous");
          }
          job.takesAmbiguous = true;
          sleep = 0;
          break;
        case "expired":
          sleep = 0;
          break;
        case "refused":
          job.holdsTurn = false;
          return this.#tooFar(job, admission.retryAfterUs, admission.rule);
        case "done":
          return admission;
        default:
          return refuse(factsOf(job), admission.status);
      }
    }
  }

  /** Frees the record of a call that sends nothing; its turns are given back. */
  async giveBack(job: Job): Promise<void> {
    job.holdsTurn = false;
    await this.#store.settle({
      ...ownershipOf(job),
      record: recordOf(job),
      as: "unsent",
      ttlUs: job.ttlUs,
      rules: job.charges,
    });
  }

  /** Asks for a call that claims and pays nothing: is its chat or its bot frozen? */
  async askGates(job: Job): Promise<Admission> {
    const request: AdmitRequest = {
      ...ownershipOf(job),
      rules: job.charges,
      maxWaitUs: remainingUs(job, this.#clock),
      leaseUs: timing.leaseUs,
      graceUs: timing.graceUs,
      ttlUs: 0,
    };
    try {
      return await this.#store.admit(request);
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      return { status: "go", leaseUs: 0, nowUs: 0 };
    }
  }

  async #ask(job: Job): Promise<Answered> {
    const sinceAsked = stopwatch(this.#clock);
    const admission = await this.#admit(job);
    this.#checks.answered(job, admission);
    return { admission, sinceAsked };
  }

  #admit(job: Job): Soon<Admission> {
    const { identity } = job;
    return admitIn(this.#store, {
      bot: job.call.bot,
      owner: job.owner,
      attempt: job.attempt,
      claim: {
        id: recordOf(job),
        aliases: identity.aliases,
        content: identity.content,
        mode: "send",
        takeAmbiguous: job.takesAmbiguous,
      },
      rules: job.charges,
      maxWaitUs: remainingUs(job, this.#clock),
      holdsTurn: job.holdsTurn,
      leaseUs: timing.leaseUs,
      graceUs: timing.graceUs,
      ttlUs: job.ttlUs,
    });
  }

  /** Who has no patience does not stand in line: the store alone says whether there is a turn right now. */
  async #atHead(job: Job, ticket: Ticket): Promise<boolean> {
    if (ticket.isHead || (remainingMs(job, this.#clock) <= 0 && !job.holdsTurn)) return true;
    this.waiting.behind(job, this.#clock.now());
    const from = this.#clock.now();
    const isHead = await ticket.head(remainingMs(job, this.#clock), job.signal, job.closing);
    job.waitedMs += this.#clock.now() - from;
    return isHead;
  }

  async #sleep(job: Job, ms: number): Promise<void> {
    const from = this.#clock.now();
    await pause(this.#clock, ms, job.signal, job.closing);
    job.waitedMs += this.#clock.now() - from;
  }

  #turnGiven(job: Job, waitUs: number, rule: string): number {
    job.holdsTurn = true;
    const waitMs = sleepMs(waitUs);
    this.waits(job, rule, waitMs, this.#clock.now() + waitMs);
    return waitMs;
  }

  /** It waits for a rule until `dueAt`, or for a slot of a cap. */
  waits(job: Job, rule: string, waitMs: number, dueAt: number | undefined): void {
    this.waiting.forRule(job, this.#clock.now(), rule, dueAt);
    if (!this.#events.wants("wait")) return;
    const { bot, method, payload } = job.call;
    const { id, scope } = job.identity;
    this.#events.emit("wait", { bot, method, chat: chatOf(payload), key: id, scope, rule, waitMs });
  }

  /** Patience ended, the caller aborted, or the guard closes, before the turn came or just then. */
  async #giveUp(job: Job, claimed = job.holdsTurn): Promise<Refusal> {
    if (claimed) await this.giveBack(job);
    const over = calledOff(job);
    if (over) return refuse(factsOf(job), over);
    const rules = await this.#store.stats({ bot: job.call.bot, rules: job.charges });
    const longest = rules.reduce((most, rule) => (rule.waitUs > most.waitUs ? rule : most), rules[0]!);
    return this.#tooFar(job, longest.waitUs, longest.name);
  }

  #tooFar(job: Job, retryAfterUs: number, rule: string): Refusal {
    return refuse(factsOf(job), "rate_limited", { retryAfterMs: toMillis(retryAfterUs), rule });
  }

  #busy(job: Job): Refusal {
    return refuse(factsOf(job), "busy", { retryAfterMs: defaults.lookAgainMs.longest });
  }

  #mayRetry(job: Job): boolean {
    const { onAmbiguous } = this.#settings;
    if (typeof onAmbiguous !== "function") return onAmbiguous === "retry";
    const conflict = new IdempotencyConflict("ambiguous", refuse(factsOf(job), "ambiguous").message);
    return onAmbiguous(job.call, conflict) === "retry";
  }
}
