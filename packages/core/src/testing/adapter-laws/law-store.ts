import { microsNow } from "../../clock.js";
import { StoreUnavailable } from "../../errors.js";
import type { Store } from "../../store/port.js";
import type { LawClock } from "./law-clock.js";

/** A store that lives in the laws' time: it is told the time with every command, and time waits for its answers. */
export function inLawTime(store: Store, clock: LawClock): Store {
  const timed = <Ask extends object>(ask: Ask) => ({ ...ask, nowUs: microsNow(clock) });
  return {
    name: store.name,
    ...(store.embedded !== undefined && { embedded: store.embedded }),
    admit: (ask) => clock.during(store.admit(timed(ask))),
    renew: (ask) => clock.during(store.renew(timed(ask))),
    settle: (ask) => clock.during(store.settle(timed(ask))),
    freeze: (ask) => clock.during(store.freeze(timed(ask))),
    inspect: (bot, record) => clock.during(store.inspect(bot, record, microsNow(clock))),
    stats: (ask) => clock.during(store.stats(timed(ask))),
    reset: (bot, what) => clock.during(store.reset(bot, what)),
    sweep: () => clock.during(store.sweep(microsNow(clock))),
    ping: () => clock.during(store.ping()),
    // It belongs to who opened it.
    close: async () => {},
  };
}

/** A shared store that nobody reaches. */
export function storeThatIsAway(): Store {
  const away = () => Promise.reject(new StoreUnavailable("nobody answers"));
  const verbs = { admit: away, renew: away, settle: away, freeze: away, inspect: away, stats: away };
  return { name: "away", ...verbs, reset: away, sweep: away, ping: away, close: async () => {} };
}
