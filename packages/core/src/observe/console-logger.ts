import { systemClock } from "../clock.js";
import { oneOf } from "../validate.js";
import { type Logger, type LogLevel, logLevels } from "./logger.js";

/** The part of `console` that is used. */
type Console = { readonly [Level in LogLevel]: (line: string) => void };

/** What {@link consoleLogger} takes. */
export interface ConsoleLoggerOptions {
  /** Lines below it are left out. @default "info" */
  readonly level?: LogLevel;
  /** @default the global one */
  readonly console?: Console;
}

/**
 * `console` with one line per event, where it would itself spread the fields over many:
 *
 *     2026-01-31T09:00:00.000Z info sendonce: duplicate: not sent again {"event":"replayed","bot":"4242", …}
 *
 * @throws ConfigurationError for a level that there is not
 * @example createGuard({ logger: consoleLogger({ level: "debug" }) })
 */
export function consoleLogger({
  level: least = "info",
  console: target = console,
}: ConsoleLoggerOptions = {}): Logger {
  oneOf("consoleLogger({ level })", least, logLevels);
  const isLevelEnabled = (level: LogLevel) => logLevels.indexOf(level) >= logLevels.indexOf(least);
  const at = (level: LogLevel) =>
    function line(fields: object, message: string): void {
      if (!isLevelEnabled(level)) return;
      const time = new Date(systemClock.now()).toISOString();
      const text = message.startsWith("sendonce: ") ? message : `sendonce: ${message}`;
      target[level](`${time} ${level} ${text} ${JSON.stringify(fields)}`);
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), isLevelEnabled };
}
