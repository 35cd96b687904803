import type { EventName, Events, GuardEvents } from "./events.js";
import { isEnabled, type Logger, type LogLevel } from "./logger.js";

/** Waits from here on are worth a warning. */
const longWaitMs = 1_000;

type Line = readonly [level: LogLevel, text: string];
type LineOf<Name extends EventName> = Line | ((event: GuardEvents[Name]) => Line);

/**
 * Event → level and line. Debug for the ordinary, info for duplicates, warn for what delays or refuses, error for the
 * store and for what may be missing. Round trips to the store have no line: they are many, and a metric. The table of
 * docs/observability.md is checked against this one.
 */
export const lines: { readonly [Name in Exclude<EventName, "storeTrip">]: LineOf<Name> } = {
  sent: ["debug", "sent"],
  replayed: ["info", "duplicate: not sent again"],
  failed: ({ outcome }) =>
    outcome === "unknown" ? ["error", "ambiguous: outcome unknown, not repeated"] : ["debug", "not sent"],
  refused: ({ code }) =>
    code === "rate_limited" ? ["warn", "limit exceeded: refused"] : ["warn", `refused: ${code}`],
  wait: ({ waitMs }) => [waitMs >= longWaitMs ? "warn" : "debug", "waiting for a turn"],
  keyChecked: ({ duplicate, found }) => [
    "debug",
    duplicate ? `idempotency check: duplicate (${found})` : "idempotency check: new",
  ],
  limitChecked: ({ allowed }) => [
    "debug",
    allowed ? "rate-limit check: allowed" : "rate-limit check: not yet",
  ],
  freeze: ["warn", "flood: Telegram asks to wait"],
  thaw: ["info", "thaw: the flood is over"],
  unguarded: ["info", "sent without deduplication: the payload is a stream"],
  updateDropped: ["info", "duplicate update: handled before"],
  updateUnfinished: ["error", "a handler ended in a send of unknown outcome; the update is finished"],
  dropped: ["warn", "memory store full: forgot sent messages early"],
  broadcast: ({ state }) => [state === "running" ? "debug" : "info", `broadcast ${state}`],
  mode: ({ mode }) =>
    mode === "shared" ? ["info", "the store is back"] : ["error", `the store is away: ${mode}`],
  closed: ({ unfinished }) =>
    unfinished === 0 ? ["info", "closed"] : ["warn", "closed with requests open: left to their leases"],
  storeError: ["error", "store failed"],
};

/** Lines that are ordinary, and dear enough to ask first whether anybody reads them. */
const asked: ReadonlySet<EventName> = new Set(["keyChecked", "limitChecked"]);

/** One line per event: its fields, `event` first among them. What nobody reads is not put together. */
export function logEvents(events: Events, logger: Logger): void {
  const wantsDebug = () => isEnabled(logger, "debug");
  for (const [name, line] of Object.entries(lines) as [EventName, LineOf<EventName>][]) {
    const tell = (event: GuardEvents[EventName]): void => {
      const [level, text] = typeof line === "function" ? line(event as never) : line;
      if (isEnabled(logger, level)) logger[level]({ event: name, ...event }, text);
    };
    events.on(name, tell, asked.has(name) ? wantsDebug : undefined);
  }
}
