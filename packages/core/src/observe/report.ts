import type { Delivery } from "../call.js";
import { rememberDelivery } from "../delivered.js";
import type { Job } from "../job.js";
import { chatOf } from "../limiter/plan.js";
import { starsOf } from "../methods.js";
import type { Events } from "./events.js";
import type { Warnings } from "./warnings.js";

/** Tells the world how calls ended: one event each, and a warning the first time that something is worth one. */
export class Reporter {
  readonly #events: Events;
  readonly #warnings: Warnings;

  constructor(events: Events, warnings: Warnings) {
    this.#events = events;
    this.#warnings = warnings;
  }

  ended(job: Job, delivery: Delivery): void {
    const { bot, method, payload } = job.call;
    const { key, scope, attempts, waitedMs } = delivery;
    const waitedFor = waitedMs > 0 ? (job.waitedFor ?? "twin") : undefined;
    const facts = { bot, method, chat: chatOf(payload), key, scope, attempts, waitedMs, waitedFor };
    rememberDelivery(delivery);
    switch (delivery.status) {
      case "sent":
        this.#events.emit("sent", facts);
        break;
      case "replayed":
        if (scope === "content") this.#warnings.once("repeat");
        this.#events.emit("replayed", { ...facts, stars: starsOf(method, payload) });
        break;
      case "failed":
        this.#events.emit("failed", { ...facts, outcome: delivery.outcome });
        break;
      default: {
        const { status: code, retryAfterMs, rule } = delivery;
        this.#events.emit("refused", { ...facts, code, retryAfterMs, rule });
      }
    }
  }

  /** It has no content to tell it by, and no update or key names it. */
  unguarded({ call: { bot, method, payload } }: Job): void {
    this.#events.emit("unguarded", { bot, method, chat: chatOf(payload), scope: "none" });
    this.#warnings.once("stream");
  }

  /** A step of the store that could be done without has failed. */
  storeFailed(verb: string, error: unknown): undefined {
    this.#events.emit("storeError", { verb, message: String((error as Error)?.message ?? error) });
    return undefined;
  }
}
