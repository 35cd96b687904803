import type { EventName, Events, GuardEvents } from "./events.js";
import type { Logger } from "./logger.js";

/** Waits from here on are worth a warning. */
const longWaitMs = 1_000;

type Line<Name extends EventName> = (event: GuardEvents[Name]) => readonly [keyof Logger, string];

/** Event → level and line. Debug for the ordinary, info for duplicates, warn for what delays or refuses. */
const lines: { readonly [Name in EventName]: Line<Name> } = {
  sent: () => ["debug", "sent"],
  replayed: () => ["info", "duplicate: not sent again"],
  failed: ({ outcome }) =>
    outcome === "unknown" ? ["warn", "outcome unknown: not repeated"] : ["debug", "not sent"],
  refused: ({ code }) => ["warn", `refused: ${code}`],
  wait: ({ waitMs }) => [waitMs >= longWaitMs ? "warn" : "debug", "waiting for a turn"],
  freeze: () => ["warn", "flood: Telegram asks to wait"],
  unguarded: () => ["info", "sent without deduplication: the payload is a stream"],
  updateDropped: () => ["info", "duplicate update: handled before"],
  updateUnfinished: () => ["error", "a handler ended in a send of unknown outcome; the update is finished"],
  dropped: () => ["warn", "memory store full: forgot sent messages early"],
  broadcast: ({ state }) => [state === "running" ? "debug" : "info", `broadcast ${state}`],
  mode: ({ mode }) =>
    mode === "shared" ? ["info", "the store is back"] : ["error", `the store is away: ${mode}`],
  closed: ({ unfinished }) =>
    unfinished === 0 ? ["info", "closed"] : ["warn", "closed with requests open: left to their leases"],
  storeError: () => ["error", "store failed"],
};

/** One line per event. */
export function logEvents(events: Events, logger: Logger): void {
  for (const name of Object.keys(lines) as EventName[]) {
    events.on(name, (event) => {
      const [level, line] = (lines[name] as Line<EventName>)(event);
      logger[level](event, line);
    });
  }
}
