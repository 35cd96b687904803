import type { Call, Outcome } from "../call.js";
import { type Clock, sleepMs, toMicros } from "../clock.js";
import { fingerprint } from "../fingerprint/index.js";
import { type Job, ownershipOf, recordOf, remainingMs } from "../job.js";
import { chatOf, floodedRule } from "../limiter/plan.js";
import type { Events } from "../observe/events.js";
import { Freezes } from "../observe/freezes.js";
import type { Reporter } from "../observe/report.js";
import { type Settings, timing } from "../options.js";
import type { FreezeAnswer, Store } from "../store/port.js";
import { isBotWide } from "./bot-wide.js";

/** What a 429 does: the rule stands still for everybody, and the call may be tried again at the thaw. */
export class Floods {
  readonly #store: Store;
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #freezes: Freezes;
  readonly #reporter: Reporter;

  constructor(store: Store, settings: Settings, events: Events, reporter: Reporter) {
    this.#store = store;
    this.#settings = settings;
    this.#clock = settings.clock;
    this.#freezes = new Freezes(events, settings.clock);
    this.#reporter = reporter;
  }

  /**
   * Freezes what the outcome says. Answers when this call may be tried again, in ms; undefined when it may not:
   * there was no 429, nobody can tell what became of it, or its patience or its tries are over.
   *
   * @param holdsRecord the call has a record, which goes back in line
   */
  async retryAfter(job: Job, outcome: Outcome, holdsRecord: boolean): Promise<number | undefined> {
    const retryAfterMs = retryAfterOf(outcome);
    if (retryAfterMs === undefined || !this.#settings.freezes) return undefined;
    const certain = outcome.kind === "rejected";
    const record = certain && holdsRecord ? recordOf(job) : undefined;
    const answer = await this.#freeze(job, floodedRule(job.charges), retryAfterMs, record);
    if (answer) await this.#widen(job, retryAfterMs, answer.nowUs);
    if (!certain || answer?.status !== "frozen") return undefined;
    if (holdsRecord) {
      job.attempt++;
      job.holdsTurn = true;
    }
    const thawMs = sleepMs(answer.waitUs);
    return (await this.#mayRetry(job, thawMs)) ? thawMs : undefined;
  }

  /** The bot's own rule stands still too when this was no matter of one chat. */
  async #widen(job: Job, retryAfterMs: number, nowUs: number): Promise<void> {
    const { charges } = job;
    const chat = charges[floodedRule(charges)]!;
    const wide = charges.length - 1;
    if (chat.name === "method" || chat === charges[wide]) return;
    const asked = isBotWide(this.#store, job, chat, nowUs, toMicros(retryAfterMs));
    const botWide = await asked.catch((error: unknown) => this.#reporter.storeFailed("admit", error));
    if (botWide) await this.#freeze(job, wide, retryAfterMs);
  }

  async #freeze(
    job: Job,
    frozen: number,
    retryAfterMs: number,
    record?: string,
  ): Promise<FreezeAnswer | undefined> {
    const { call, charges: rules } = job;
    const { bot, method } = call;
    const { name: rule, key } = rules[frozen]!;
    const chat = chatOf(call.payload);
    this.#freezes.begin(key, { bot, method, chat, scope: "none", rule, retryAfterMs });
    const times = { retryAfterUs: toMicros(retryAfterMs), graceUs: timing.graceUs };
    return this.#store
      .freeze({ ...ownershipOf(job), ...times, record, rules, frozen })
      .catch((error: unknown) => this.#reporter.storeFailed("freeze", error));
  }

  async #mayRetry(job: Job, thawMs: number): Promise<boolean> {
    if (job.requests > this.#settings.floodRetries || thawMs > remainingMs(job, this.#clock)) return false;
    return isRepeatable(job.call);
  }
}

/** Is it a 429, with a time to come again? */
export const isFlood = (outcome: Outcome): boolean => retryAfterOf(outcome) !== undefined;

const retryAfterOf = (outcome: Outcome): number | undefined =>
  outcome.kind === "rejected" || outcome.kind === "unknown" ? outcome.retryAfterMs : undefined;

/** Reading a stream spoils it: sent a second time it would be empty. */
async function isRepeatable(call: Call): Promise<boolean> {
  const { content } = await fingerprint(call);
  return content !== undefined;
}
