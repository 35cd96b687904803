import type { Delivery, RefusalCode } from "./call.js";
import type { Clock } from "./clock.js";
import { defaults } from "./defaults.js";
import { calledOff, factsOf, type Job, recordOf, remainingMs } from "./job.js";
import { waitUntil } from "./limiter/wait.js";
import { refuse } from "./refusal.js";

/** A call of this process that is on its way, and those that wait for its result. */
interface Flight {
  readonly content: string | undefined;
  readonly landed: Promise<void>;
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
  async share(job: Job, lead: () => Promise<Delivery>): Promise<Delivery> {
    const name = `${job.call.bot}:${recordOf(job)}`;
    for (;;) {
      const flight = this.#flights.get(name);
      if (flight === undefined) return this.#fly(name, job, lead);
      const followed = await this.#follow(flight, job);
      if (followed) return followed;
    }
  }

  async #fly(name: string, job: Job, lead: () => Promise<Delivery>): Promise<Delivery> {
    let land = () => {};
    const landed = new Promise<void>((resolve) => {
      land = resolve;
    });
    const flight: Flight = { content: job.identity.content, landed };
    this.#flights.set(name, flight);
    try {
      flight.delivery = await lead();
      return flight.delivery;
    } finally {
      this.#flights.delete(name);
      land();
    }
  }

  /** Answers undefined when the lead is free. */
  async #follow(flight: Flight, job: Job): Promise<Delivery | undefined> {
    if (differs(flight.content, job.identity.content)) return refuse(factsOf(job), "mismatch");
    if (this.#onBusy === "reject") return this.#busy(job);
    const from = this.#clock.now();
    await waitUntil(this.#clock, flight.landed, remainingMs(job, this.#clock), job.signal, job.closing);
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
  return { ...factsOf(job), status: "replayed", result: copyOf(delivery.result) };
}

/** What JSON cannot carry (a plugin put it there) is shared rather than copied: it was sent, after all. */
export function copyOf(result: unknown): unknown {
  try {
    return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
  } catch {
    return result;
  }
}
