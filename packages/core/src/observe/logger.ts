/** pino's shape: fields first, then the line. `console` fits too; {@link consoleLogger} puts it on one line each. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** pino and winston have it: lines below the level are not even put together. */
  isLevelEnabled?(level: LogLevel): boolean;
}

/** How urgent a line is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** From the most talkative on. */
export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** Does anybody see lines of this level? */
export const isEnabled = (logger: Logger, level: LogLevel): boolean => logger.isLevelEnabled?.(level) ?? true;
