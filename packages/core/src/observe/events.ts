import type { BroadcastProgress } from "../broadcast/progress.js";
import type { KeyScope, RefusalCode } from "../call.js";
import type { StoreMode } from "../store/failover.js";

/** What every event tells. No text, no token: `chat` is the id as addressed, `key` a hash. */
interface EventFacts {
  readonly bot: string;
  readonly method: string;
  readonly chat?: string | undefined;
  readonly key?: string | undefined;
  readonly scope: KeyScope;
}

interface EndFacts extends EventFacts {
  /** HTTP requests that this call made; 0 also for one that shares the fate of its twin. */
  readonly attempts: number;
  readonly waitedMs: number;
  /** What it waited for last: a rule, a cap, `line` (behind another call to its chat), `twin` (the same call). */
  readonly waitedFor?: string | undefined;
}

/** Everything that can be observed, by name. One event at the end of each call, others as they happen. */
export interface GuardEvents {
  /** A call was sent and answered with a result. */
  sent: EndFacts;
  /** A call was not sent because it had been sent before. */
  replayed: EndFacts & {
    /** What sending it again would have cost, where that is known. */
    readonly stars?: number | undefined;
  };
  /** Telegram refused it, or nobody knows. */
  failed: EndFacts & { readonly outcome: "rejected" | "unsent" | "unknown" };
  /** The guard refused it. */
  refused: EndFacts & {
    readonly code: RefusalCode;
    readonly retryAfterMs?: number | undefined;
    /** The rule or cap that said no. */
    readonly rule?: string | undefined;
  };
  /** A call waits for its turn or for a thaw. */
  wait: EventFacts & { readonly rule: string; readonly waitMs: number };
  /** Telegram answered 429: the rule stands still. */
  freeze: EventFacts & {
    readonly rule: string;
    readonly retryAfterMs: number;
    /** By how much longer the rule stands still than this process knew: 0 for a 429 inside a longer freeze. */
    readonly frozenMs: number;
  };
  /** The time of the freezes that this process met is over; one that only others met may go on. */
  thaw: {
    readonly bot: string;
    readonly chat?: string | undefined;
    readonly rule: string;
    readonly frozenMs: number;
  };
  /** A key was looked up, once for each call that has one. Raised only if somebody listens. */
  keyChecked: EventFacts & {
    readonly duplicate: boolean;
    /** What stands under the key: `new` where nothing did. */
    readonly found: "new" | "reserved" | "sending" | "done" | "ambiguous" | "mismatch";
  };
  /** The rules of a call were asked. Raised only if somebody listens. */
  limitChecked: EventFacts & {
    readonly allowed: boolean;
    /** All that it pays, narrow to wide. */
    readonly rules: readonly string[];
    /** The one that holds it up. */
    readonly rule?: string | undefined;
    readonly waitMs?: number | undefined;
    /** Tokens or places that are left, by rule: told by a store in this process, which answers for nothing. */
    readonly remaining?: Readonly<Record<string, number>> | undefined;
  };
  /** A round trip to the shared store. Measured only if somebody listens. */
  storeTrip: { readonly verb: string; readonly ms: number; readonly ok: boolean };
  /** A call went out without deduplication: its payload holds a stream, and no update or key names it. */
  unguarded: EventFacts;
  /** An update was handled before and was dropped. */
  updateDropped: { readonly bot: string; readonly updateId: number };
  /** A handler ended in a send of unknown outcome: the update counts as handled, a message may be missing. */
  updateUnfinished: { readonly bot: string; readonly updateId: number };
  /** The memory store was full and forgot records of sent messages before their time. */
  dropped: { readonly count: number };
  /** How far a broadcast is: each second, and at its end. */
  broadcast: BroadcastProgress;
  /** The shared store was lost, or is back. */
  mode: { readonly mode: StoreMode; readonly store: string; readonly reason?: string | undefined };
  /** The guard closed; `unfinished` calls had a request open still, whose outcome it does not wait for. */
  closed: { readonly unfinished: number };
  /** The store failed at a step that could be done without. */
  storeError: { readonly verb: string; readonly message: string };
}

/** The name of an event. */
export type EventName = keyof GuardEvents;
/** Hears one kind of event; what it throws becomes a process warning. */
export type Listener<Name extends EventName> = (event: GuardEvents[Name]) => void;

interface Subscription {
  readonly listener: Listener<EventName>;
  /** Is it worth telling right now? */
  readonly wanted: () => boolean;
}

const always = () => true;
const nobody: readonly Subscription[] = [];

/** Subscriptions by name. A listener that throws disturbs nobody. */
export class Events {
  /** Lists that are replaced, never changed: events are many, subscriptions few. */
  readonly #subscriptions = new Map<EventName, readonly Subscription[]>();

  /**
   * Subscribes; answers the function that ends it.
   *
   * @param wanted a listener that is not interested all the time, such as a log below its level
   */
  on<Name extends EventName>(name: Name, listener: Listener<Name>, wanted = always): () => void {
    const own: Subscription = { listener: listener as Listener<EventName>, wanted };
    this.#subscriptions.set(name, [...this.#to(name), own]);
    return () => {
      const others = this.#to(name).filter((one) => one !== own);
      this.#subscriptions.set(name, others);
    };
  }

  /** Does anybody listen? Events that cost something to make ask first. */
  wants(name: EventName): boolean {
    for (const { wanted } of this.#to(name)) if (wanted()) return true;
    return false;
  }

  emit<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    for (const { listener } of this.#to(name)) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(`a Sendonce listener for "${name}" threw: ${String((error as Error)?.message)}`);
      }
    }
  }

  #to(name: EventName): readonly Subscription[] {
    return this.#subscriptions.get(name) ?? nobody;
  }
}
