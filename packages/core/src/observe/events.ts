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
  readonly attempts: number;
  readonly waitedMs: number;
}

/** Everything that can be observed, by name. One event at the end of each call, others as they happen. */
export interface GuardEvents {
  /** A call was sent and answered with a result. */
  sent: EndFacts;
  /** A call was not sent because it had been sent before. */
  replayed: EndFacts;
  /** Telegram refused it, or nobody knows. */
  failed: EndFacts & { readonly outcome: "rejected" | "unsent" | "unknown" };
  /** The guard refused it. */
  refused: EndFacts & { readonly code: RefusalCode; readonly retryAfterMs?: number | undefined };
  /** A call waits for its turn or for a thaw. */
  wait: EventFacts & { readonly rule: string; readonly waitMs: number };
  /** Telegram answered 429: the rule stands still. */
  freeze: EventFacts & { readonly rule: string; readonly retryAfterMs: number };
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

/** Subscriptions by name. A listener that throws disturbs nobody. */
export class Events {
  readonly #listeners = new Map<EventName, Set<Listener<EventName>>>();

  /** Subscribes; answers the function that ends it. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as Listener<EventName>);
    return () => void listeners.delete(listener as Listener<EventName>);
  }

  /** Does anybody listen? Events that cost something to make ask first. */
  wants(name: EventName): boolean {
    return (this.#listeners.get(name)?.size ?? 0) > 0;
  }

  emit<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event);
      } catch (error) {
        process.emitWarning(`a Sendonce listener for "${name}" threw: ${String((error as Error)?.message)}`);
      }
    }
  }
}
