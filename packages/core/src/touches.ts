import type { Delivery, Reply } from "./call.js";
import { type Clock, sleepMs, toMillis } from "./clock.js";
import { classify } from "./flood/classify.js";
import type { Floods } from "./flood/floods.js";
import { calledOff, deliveryFrom, factsOf, type Job, sendingOf } from "./job.js";
import { pause } from "./limiter/wait.js";
import { refuse } from "./refusal.js";
import { whileSending } from "./scope.js";
import type { Turns } from "./turns.js";

/** Methods that change what is there: no key, no pay; they wait for a thaw and are tried again after a 429. */
export class Touches {
  readonly #turns: Turns;
  readonly #floods: Floods;
  readonly #clock: Clock;

  constructor(turns: Turns, floods: Floods, clock: Clock) {
    this.#turns = turns;
    this.#floods = floods;
    this.#clock = clock;
  }

  async send(job: Job): Promise<Delivery> {
    for (;;) {
      const blocked = await this.#awaitThaw(job);
      if (blocked) return blocked;
      job.requests++;
      const reply = await this.#request(job);
      const outcome = classify(job.call.method, reply);
      const retryMs = await this.#floods.retryAfter(job, outcome, false);
      if (retryMs === undefined) return deliveryFrom(factsOf(job), outcome, reply);
    }
  }

  async #request(job: Job): Promise<Reply> {
    try {
      return await whileSending(sendingOf(job.call), () => job.send(job.signal));
    } finally {
      void this.#turns.leave(job);
    }
  }

  /** Sleeps while the chat or the bot is frozen, and takes its slots. Answers a refusal when that takes too long. */
  async #awaitThaw(job: Job): Promise<Delivery | undefined> {
    let goes = false;
    try {
      const blocked = await this.#thawed(job);
      goes = blocked === undefined;
      return blocked;
    } finally {
      this.#turns.waiting.end(job);
      if (!goes) await this.#turns.leave(job);
    }
  }

  async #thawed(job: Job): Promise<Delivery | undefined> {
    for (;;) {
      const over = calledOff(job);
      if (over) return refuse(factsOf(job), over);
      const full = await this.#turns.enter(job);
      if (full) return full;
      const admission = await this.#turns.askGates(job);
      if (admission.status === "refused") {
        const { retryAfterUs, rule } = admission;
        return refuse(factsOf(job), "rate_limited", { retryAfterMs: toMillis(retryAfterUs), rule });
      }
      if (admission.status !== "wait") return undefined;
      await this.#turns.leave(job);
      await this.#sleep(job, admission);
    }
  }

  async #sleep(job: Job, { waitUs, rule }: { waitUs: number; rule: string }): Promise<void> {
    const from = this.#clock.now();
    const waitMs = sleepMs(waitUs);
    this.#turns.waiting.forRule(job, from, rule, from + waitMs);
    await pause(this.#clock, waitMs, job.signal, job.closing);
    job.waitedMs += this.#clock.now() - from;
  }
}
