import { toMillis } from "../clock.js";
import type { Job } from "../job.js";
import { chatOf } from "../limiter/plan.js";
import type { Admission, RuleStats, Store } from "../store/port.js";
import type { Events, GuardEvents } from "./events.js";

/** Answers that say what stands under the key; the others mean that nothing did. */
const foundBy: { readonly [Status in Admission["status"]]?: "done" | "ambiguous" | "mismatch" } = {
  done: "done",
  ambiguous: "ambiguous",
  mismatch: "mismatch",
};

/** Tells what was asked before a send, to those who want to know each time: a log at debug, a live view. */
export class Checks {
  readonly #store: Store;
  readonly #events: Events;
  /** Keys are told once: who comes back for its turn meets its own record. */
  readonly #told = new WeakSet<Job>();

  constructor(store: Store, events: Events) {
    this.#store = store;
    this.#events = events;
  }

  /** An admit was answered. */
  answered(job: Job, admission: Admission): void {
    if (this.#events.wants("keyChecked")) this.#key(job, admission);
    if (this.#events.wants("limitChecked")) this.#limits(job, admission);
  }

  #key(job: Job, admission: Admission): void {
    if (job.identity.id === undefined || admission.status === "expired" || this.#told.has(job)) return;
    this.#told.add(job);
    const found = admission.status === "busy" ? admission.state : (foundBy[admission.status] ?? "new");
    this.#events.emit("keyChecked", { ...factsOf(job), duplicate: found !== "new", found });
  }

  #limits(job: Job, admission: Admission): void {
    const verdict = verdictOf(admission);
    if (verdict === undefined) return;
    const facts = { ...factsOf(job), ...verdict, rules: job.charges.map(({ name }) => name) };
    if (!this.#store.embedded) {
      this.#events.emit("limitChecked", facts);
      return;
    }
    void this.#store
      .stats({ bot: job.call.bot, rules: job.charges })
      .then((stats) => this.#events.emit("limitChecked", { ...facts, remaining: remainingOf(stats) }));
  }
}

const factsOf = ({ call: { bot, method, payload }, identity: { id, scope } }: Job) => ({
  bot,
  method,
  chat: chatOf(payload),
  key: id,
  scope,
});

type Verdict = Pick<GuardEvents["limitChecked"], "allowed" | "rule" | "waitMs">;

function verdictOf(admission: Admission): Verdict | undefined {
  switch (admission.status) {
    case "go":
      return { allowed: true };
    case "wait":
      return { allowed: false, rule: admission.rule, waitMs: toMillis(admission.waitUs) };
    case "refused":
      return { allowed: false, rule: admission.rule, waitMs: toMillis(admission.retryAfterUs) };
    default:
      return undefined;
  }
}

const remainingOf = (stats: readonly RuleStats[]): Record<string, number> =>
  Object.fromEntries(stats.map(({ name, remaining }) => [name, remaining]));
