import type { Delivery, RefusalCode } from "./call.js";
import type { Clock } from "./clock.js";
import { defaults } from "./defaults.js";
import { calledOff, factsOf, type Job, recordOf, remainingMs } from "./job.js";
import { waitUntil } from "./limiter/wait.js";
import { refuse } from "./refusal.js";
import { type Soon, whenEnded } from "./soon.js";

/** A call of this process that is on its way, and those that wait for its result. */
interface Flight {
  readonly content: string | undefined;
  /** Made by the first who waits for it. */
  landed?: Promise<void>;
  land?: () => void;
  delivery?: Delivery;
}

/** The leader did not send for reasons of its own: somebody else takes the lead. */
const handsOn: ReadonlySet<Delivery["status"]> = new Set<RefusalCode>([
  "aborted",
  "rate_limited",
  "busy",
  "closed",
  "store_unavailable",
]);

/** When it has ended, whichever way. */
function landingOf(flight: Flight): Promise<void> {
  flight.landed ??= new Promise((resolve) => {
    flight.land = resolve;
  });
  return flight.landed;
}

/** Concurrent duplicates within one process share one send, each keeping its own signal and patience. */
export class Flights {
  readonly #flights = new Map<string, Flight>();
  readonly #clock: Clock;
  readonly #onBusy: "wait" | "reject";

  constructor(clock: Clock, onBusy: "wait" | "reject") {
    this.#clock = clock;
    this.#onBusy = onBusy;
  }

  /** Leads the send, or follows the one in flight. */
  share(job: Job, lead: () => Soon<Delivery>): Soon<Delivery> {
    const name = `${job.call.bot}:${recordOf(job)}`;
    return this.#flights.has(name) ? this.#shareOrLead(name, job, lead) : this.#fly(name, job, lead);
  }

  async #shareOrLead(name: string, job: Job, lead: () => Soon<Delivery>): Promise<Delivery> {
    for (;;) {
      const flight = this.#flights.get(name);
      if (flight === undefined) return this.#fly(name, job, lead);
      const followed = await this.#follow(flight, job);
      if (followed) return followed;
    }
  }

  #fly(name: string, job: Job, lead: () => Soon<Delivery>): Soon<Delivery> {
    const flight: Flight = { content: job.identity.content };
    const lands = (delivery?: Delivery) => {
      if (delivery) flight.delivery = delivery;
      this.#flights.delete(name);
      flight.land?.();
    };
    this.#flights.set(name, flight);
    return whenEnded(lead, lands);
  }

  /** Answers undefined when the lead is free. */
  async #follow(flight: Flight, job: Job): Promise<Delivery | undefined> {
    if (differs(flight.content, job.identity.content)) return refuse(factsOf(job), "mismatch");
    if (this.#onBusy === "reject") return this.#busy(job);
    const from = this.#clock.now();
    await waitUntil(this.#clock, landingOf(flight), remainingMs(job, this.#clock), job.signal, job.closing);
    job.waitedMs += this.#clock.now() - from;
    const over = calledOff(job);
    if (over) return refuse(factsOf(job), over);
    if (flight.delivery) return shared(flight.delivery, job);
    return remainingMs(job, this.#clock) > 0 ? undefined : this.#busy(job);
  }

  #busy(job: Job): Delivery {
    return refuse(factsOf(job), "busy", { retryAfterMs: defaults.lookAgainMs.longest });
  }
}

/** Contents are compared only where both sides have one, as in the store. */
const differs = (one: string | undefined, other: string | undefined): boolean =>
  one !== undefined && other !== undefined && one !== other;

/** The leader's delivery as a follower sees it: a fresh copy, since callers change what they are given. */
function shared(delivery: Delivery, job: Job): Delivery | undefined {
  if (handsOn.has(delivery.status)) return undefined;
  if (delivery.status !== "sent" && delivery.status !== "replayed") return { ...delivery, ...factsOf(job) };
  return { status: "replayed", result: copyOf(delivery.result), ...factsOf(job) };
}

/** What JSON cannot carry (a plugin put it there) is shared rather than copied: it was sent, after all. */
export function copyOf(result: unknown): unknown {
  try {
    return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
  } catch {
    return result;
  }
}
