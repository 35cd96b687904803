import type { Clock } from "../clock.js";
import type { Events } from "../observe/events.js";
import type { Store } from "./port.js";

/** The steps of a store that are round trips. */
const verbs: ReadonlySet<PropertyKey> = new Set<keyof Store>([
  "admit",
  "renew",
  "settle",
  "freeze",
  "inspect",
  "stats",
  "reset",
  "sweep",
  "ping",
]);

type Ask = (...args: unknown[]) => Promise<unknown>;

/**
 * The same store, whose round trips are measured while somebody wants to know. A proxy, so that all else that a
 * store may have (slots, a board, what comes later) is its own still.
 */
export function timed(store: Store, events: Events, clock: Clock): Store {
  const asks = new Map<PropertyKey, Ask>();
  const ask = (verb: keyof Store): Ask => {
    const plain = (store[verb] as Ask).bind(store);
    return function timedAsk(...args) {
      return events.wants("storeTrip") ? measured(verb, plain(...args)) : plain(...args);
    };
  };

  async function measured(verb: string, answer: Promise<unknown>): Promise<unknown> {
    const from = clock.now();
    let ok = false;
    try {
      const told = await answer;
      ok = true;
      return told;
    } finally {
      events.emit("storeTrip", { verb, ms: clock.now() - from, ok });
    }
  }

  return new Proxy(store, {
    get(_, name) {
      const known = asks.get(name);
      if (known) return known;
      const own: unknown = Reflect.get(store, name, store);
      if (typeof own !== "function") return own;
      const made = verbs.has(name) ? ask(name as keyof Store) : (own as Ask).bind(store);
      asks.set(name, made);
      return made;
    },
  });
}
