import type { Delivery, Outcome, Reply } from "./call.js";
import { Flights } from "./flights.js";
import { classify } from "./flood/classify.js";
import { type Floods, isFlood } from "./flood/floods.js";
import type { Identity } from "./idempotency/identify.js";
import { deliveryFrom, factsOf, type Job, recordOf, sendingOf } from "./job.js";
import { Lines, type Ticket } from "./limiter/line.js";
import { chatOf } from "./limiter/plan.js";
import type { Reporter } from "./observe/report.js";
import type { Settings } from "./options.js";
import { Renewals } from "./renewals.js";
import { Results } from "./result/remembered.js";
import { whileSending } from "./scope.js";
import { after, isLater, promised, type Soon, whenFailed } from "./soon.js";
import { settleIn } from "./store/at-once.js";
import type { Settlement, Store } from "./store/port.js";
import type { Turn, Turns } from "./turns.js";

/** Methods that create a message: claimed, paid, sent, settled; once, in turn. */
export class Messages {
  readonly #store: Store;
  readonly #turns: Turns;
  readonly #floods: Floods;
  readonly #reporter: Reporter;
  readonly #lines: Lines;
  readonly #flights: Flights;
  readonly #results: Results;
  readonly #renewals: Renewals;

  constructor(store: Store, settings: Settings, turns: Turns, floods: Floods, reporter: Reporter) {
    this.#store = store;
    this.#turns = turns;
    this.#floods = floods;
    this.#reporter = reporter;
    this.#lines = new Lines(settings.clock);
    this.#flights = new Flights(settings.clock, settings.onBusy);
    this.#results = new Results(settings, reporter);
    this.#renewals = new Renewals(store, settings.clock, reporter);
  }

  /** Twins within this process share one send. */
  send(job: Job): Soon<Delivery> {
    return job.identity.id === undefined ? this.#lead(job) : this.#flights.share(job, () => this.#lead(job));
  }

  /** Open requests are left to their leases: who comes after them finds their outcome unknown. */
  stopRenewing(): void {
    this.#renewals.close();
  }

  /** Waits for the turn, sends, and goes round again after a 429, keeping its place in line. */
  #lead(job: Job): Soon<Delivery> {
    const ticket = this.#lines.join(lineOf(job));
    const turn = whenFailed(
      () => this.#turns.take(job, ticket),
      () => ticket.leave(),
    );
    return after(turn, (taken) => this.#taken(job, ticket, taken));
  }

  #taken(job: Job, ticket: Ticket, turn: Turn): Soon<Delivery> {
    ticket.leave();
    if (turn.status === "done") return this.#replay(job, turn.result);
    if (turn.status !== "go") return turn;
    return this.#request(job, (reply) => this.#answered(job, ticket, reply));
  }

  /** One HTTP request under a lease that is renewed while it is open. */
  #request(job: Job, answered: (reply: Reply) => Soon<Delivery>): Promise<Delivery> {
    job.requests++;
    const ended = (reply: Reply): Soon<Delivery> => {
      this.#renewals.end(job);
      void this.#turns.leave(job);
      return answered(reply);
    };
    this.#renewals.begin(job);
    const reply = promised(() => whileSending(sendingOf(job.call), () => job.send(job.signal)));
    return reply.then(ended, (error) => ended({ type: "failure", error }));
  }

  #answered(job: Job, ticket: Ticket, reply: Reply): Soon<Delivery> {
    const outcome = classify(job.call.method, reply);
    return isFlood(outcome) ? this.#again(job, ticket, outcome, reply) : this.#settle(job, outcome, reply);
  }

  async #again(job: Job, ticket: Ticket, outcome: Outcome, reply: Reply): Promise<Delivery> {
    const pauseMs = await this.#floods.retryAfter(job, outcome, true);
    if (pauseMs === undefined) return this.#settle(job, outcome, reply);
    ticket.rejoin();
    const turn = await whenFailed(
      () => this.#turns.take(job, ticket, pauseMs),
      () => ticket.leave(),
    );
    return this.#taken(job, ticket, turn);
  }

  #settle(job: Job, outcome: Outcome, reply: Reply): Soon<Delivery> {
    const result = outcome.kind === "ok" ? this.#results.keep(job, outcome.result) : undefined;
    const as = settlementOf(outcome, job.identity);
    const { owner, attempt, ttlUs, charges: rules } = job;
    const { bot } = job.call;
    const { content } = job.identity;
    const settlement = { bot, owner, attempt, record: recordOf(job), as, content, result, ttlUs, rules };
    const settled = settleIn(this.#store, settlement);
    const delivery = deliveryFrom(factsOf(job), outcome, reply);
    if (!isLater(settled)) return delivery;
    return settled.then(
      () => delivery,
      (error) => {
        this.#reporter.storeFailed("settle", error);
        return delivery;
      },
    );
  }

  #replay(job: Job, stored: string | undefined): Delivery {
    return { status: "replayed", result: this.#results.recall(job, stored), ...factsOf(job) };
  }
}

/** Replies, ordinary sends and bulk do not stand behind each other. */
function lineOf({ call, charges }: Job): string {
  const last = charges.at(-1)!;
  const lane = last.mode === "debit" ? "reply" : last.priority;
  return `${call.bot}|${chatOf(call.payload) ?? ""}|${lane}`;
}

/** A record that only held a turn goes when the call ends. */
function settlementOf(outcome: Outcome, identity: Identity): Settlement {
  if (outcome.kind === "unsent") return "unsent";
  if (identity.id === undefined || outcome.kind === "rejected") return "free";
  return outcome.kind === "ok" ? "done" : "ambiguous";
}
