import type { AbortSignalLike, Call, Send } from "./call.js";
import { type Clock, toMicros } from "./clock.js";
import { type CarriedOptions, carriedOptions } from "./delivery-options.js";
import { type Identity, identify, unguarded } from "./idempotency/identify.js";
import { type Job, ownerToken } from "./job.js";
import { planCharges, planGates } from "./limiter/plan.js";
import { costOf } from "./methods.js";
import type { Settings } from "./options.js";
import { currentContext, type UpdateScope } from "./scope.js";
import type { RuleCharge } from "./store/port.js";

type Prepared = Pick<Job, "call" | "send" | "signal" | "identity" | "charges" | "deadline" | "ttlUs">;

/** Makes a job of a call: its key, the rules it pays, its patience, from its options, its scope and the settings. */
export class Preparation {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #closing: AbortSignalLike;

  /** @param closing aborts when the guard closes */
  constructor(settings: Settings, closing: AbortSignalLike) {
    this.#settings = settings;
    this.#closing = closing;
    this.#clock = settings.clock;
  }

  /** For methods that create a message. At once, unless a file on disk must be read to know the content. */
  message(call: Call, send: Send, signal: AbortSignalLike | undefined): Job | Promise<Job> {
    const { settings, options, update, deadline } = this.#facts(call);
    // Before a repeat is counted: the user's own `priority` may throw.
    const charges = this.#charges(call, options, update);
    const finish = (identity: Identity): Job => {
      const ttlMs = options.ttlMs ?? (identity.scope === "update" ? settings.updateTtlMs : settings.ttlMs);
      const waits = options.abandon ?? signal;
      const ttlUs = toMicros(ttlMs);
      return this.#job({ call, send, signal: waits, identity, charges, deadline, ttlUs });
    };
    if (!settings.deduplicates(call.method)) return finish(unguarded);
    const { match, secrets } = settings;
    const onMismatch = options.onMismatch ?? settings.onMismatch;
    const { delivery } = currentContext();
    const identity = identify({ call, options, update, delivery, match, onMismatch, secrets });
    return identity instanceof Promise ? identity.then(finish) : finish(identity);
  }

  /** For methods that change what is there: no key, and rules that only carry floods. */
  touch(call: Call, send: Send, signal: AbortSignalLike | undefined): Job {
    const { deadline } = this.#facts(call);
    const charges = planGates(call.method, call.payload);
    return this.#job({ call, send, signal, identity: unguarded, charges, deadline, ttlUs: 0 });
  }

  /**
   * For edits that pay: no key, and everybody's rules, inside an update too; so is their patience, since an answer
   * that grows in a chat outlasts what a reply may wait.
   */
  edit(call: Call, send: Send, signal: AbortSignalLike | undefined): Job {
    const { settings, options } = this.#facts(call);
    const { userId } = currentContext().update ?? call;
    const priority = options.priority ?? this.#settings.priorityOf(call);
    const facts = {
      method: call.method,
      payload: call.payload,
      cost: options.cost ?? 1,
      priority,
      soft: false,
    };
    const charges = planCharges(settings.rules, { ...facts, userId, ceiling: settings.rateCeiling });
    const deadline = this.#clock.now() + (options.maxWaitMs ?? settings.maxWaitMs.outside);
    const ttlUs = toMicros(settings.ttlMs);
    return this.#job({ call, send, signal, identity: unguarded, charges, deadline, ttlUs });
  }

  #facts(call: Call) {
    const settings = this.#settings;
    const context = currentContext();
    // Without a prototype: an option is what the caller gave, not what every object of the process seems to have.
    const options = Object.assign(
      Object.create(null),
      context.options,
      carriedOptions(call.payload),
    ) as CarriedOptions;
    const update = this.#liveUpdate(context.update);
    const patience = options.maxWaitMs ?? settings.maxWaitMs[update ? "inside" : "outside"];
    return { settings, options, update, deadline: this.#clock.now() + patience };
  }

  #charges(call: Call, options: CarriedOptions, update: UpdateScope | undefined): RuleCharge[] {
    const priority = options.priority ?? this.#settings.priorityOf(call);
    const isReply = priority === "normal" && update !== undefined && this.#settings.repliesPay;
    return planCharges(this.#settings.rules, {
      method: call.method,
      payload: call.payload,
      cost: options.cost ?? costOf(call.method, call.payload),
      priority,
      soft: priority === "high" || isReply,
      userId: update?.userId ?? call.userId,
      ceiling: this.#settings.rateCeiling,
    });
  }

  /** Where every job begins. Written out: an object literal with a spread costs V8 microseconds. */
  #job({ call, send, signal, identity, charges, deadline, ttlUs }: Prepared): Job {
    return {
      call,
      send,
      signal,
      closing: this.#closing,
      identity,
      charges,
      chatId: call.payload.chat_id ?? call.payload.user_id,
      owner: ownerToken(),
      ttlUs,
      deadline,
      attempt: 0,
      requests: 0,
      waitedMs: 0,
      holdsTurn: false,
      takesAmbiguous: false,
    };
  }

  /** Calls that a handler left running belong to its update until `updateTtlMs` has passed. */
  #liveUpdate(update: UpdateScope | undefined): UpdateScope | undefined {
    if (update === undefined) return undefined;
    const now = this.#clock.now();
    update.openedAt ??= now;
    return now - update.openedAt < this.#settings.updateTtlMs ? update : undefined;
  }
}
