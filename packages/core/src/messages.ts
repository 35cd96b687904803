import type { Delivery, Outcome, Reply } from "./call.js";
import type { Clock } from "./clock.js";
import { defaults } from "./defaults.js";
import { Flights } from "./flights.js";
import { classify } from "./flood/classify.js";
import type { Floods } from "./flood/floods.js";
import type { Identity } from "./idempotency/identify.js";
import { deliveryFrom, factsOf, type Job, ownershipOf, recordOf, sendingOf } from "./job.js";
import { Lines } from "./limiter/line.js";
import { chatOf } from "./limiter/plan.js";
import type { Reporter } from "./observe/report.js";
import { type Settings, timing } from "./options.js";
import { Results } from "./result/remembered.js";
import { whileSending } from "./scope.js";
import type { Settlement, Store } from "./store/port.js";
import type { Turns } from "./turns.js";

/** Methods that create a message: claimed, paid, sent, settled; once, in turn. */
export class Messages {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #floods: Floods;
  readonly #reporter: Reporter;
  readonly #lines: Lines;
  readonly #flights: Flights;
  readonly #results: Results;
  /** What renews the leases of open requests. */
  readonly #renewals = new Set<() => void>();

  constructor(store: Store, settings: Settings, turns: Turns, floods: Floods, reporter: Reporter) {
    this.#store = store;
    this.#clock = settings.clock;
    this.#turns = turns;
    this.#floods = floods;
    this.#reporter = reporter;
    this.#lines = new Lines(settings.clock);
    this.#flights = new Flights(settings.clock, settings.onBusy);
    this.#results = new Results(settings, reporter);
  }

  /** Twins within this process share one send. */
  send(job: Job): Promise<Delivery> {
    return job.identity.id === undefined ? this.#lead(job) : this.#flights.share(job, () => this.#lead(job));
  }

  /** Open requests are left to their leases: who comes after them finds their outcome unknown. */
  stopRenewing(): void {
    for (const stop of this.#renewals) stop();
  }

  /** Waits for the turn, sends, and goes round again after a 429, keeping its place in line. */
  async #lead(job: Job): Promise<Delivery> {
    const ticket = this.#lines.join(lineOf(job));
    let pauseMs: number | undefined;
    try {
      for (;;) {
        const turn = await this.#turns.take(job, ticket, pauseMs);
        if (turn.status === "done") return this.#replay(job, turn.result);
        if (turn.status !== "go") return turn;
        ticket.leave();
        const reply = await this.#request(job);
        const outcome = classify(job.call.method, reply);
        pauseMs = await this.#floods.retryAfter(job, outcome, true);
        if (pauseMs === undefined) return await this.#settle(job, outcome, reply);
        ticket.rejoin();
      }
    } finally {
      ticket.leave();
    }
  }

  /** One HTTP request under a lease that is renewed while it is open. */
  async #request(job: Job): Promise<Reply> {
    job.requests++;
    const lease = { record: recordOf(job), leaseUs: timing.leaseUs, rules: job.charges };
    const stop = this.#clock.every(defaults.renewEveryMs, () => {
      this.#store
        .renew({ ...ownershipOf(job), ...lease })
        .catch((error) => this.#reporter.storeFailed("renew", error));
    });
    this.#renewals.add(stop);
    try {
      return await whileSending(sendingOf(job.call), () => job.send(job.signal));
    } catch (error) {
      return { type: "failure", error };
    } finally {
      stop();
      this.#renewals.delete(stop);
      void this.#turns.leave(job);
    }
  }

  async #settle(job: Job, outcome: Outcome, reply: Reply): Promise<Delivery> {
    const result =
      outcome.kind === "ok" ? this.#results.keep(job, job.call.method, outcome.result) : undefined;
    const as = settlementOf(outcome, job.identity);
    const { ttlUs, charges: rules } = job;
    const { content } = job.identity;
    await this.#store
      .settle({ ...ownershipOf(job), record: recordOf(job), as, content, result, ttlUs, rules })
      .catch((error) => this.#reporter.storeFailed("settle", error));
    return deliveryFrom(factsOf(job), outcome, reply);
  }

  #replay(job: Job, stored: string | undefined): Delivery {
    return { ...factsOf(job), status: "replayed", result: this.#results.recall(job, stored) };
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
