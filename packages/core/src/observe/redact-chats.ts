import { ConfigurationError } from "../errors.js";
import { hashOf } from "../fingerprint/hash.js";
import { describe } from "../validate.js";
import { type Logger, type LogLevel, logLevels } from "./logger.js";

/** Enough to tell the chats of a bot apart, and short enough to read. */
const shownLetters = 12;

/**
 * A logger that is told no chat ids: `chat` becomes an HMAC under the secret, the same for the same chat in every
 * process that has the same secret. There is none without a secret: chat ids are ten digits or so, and a plain hash
 * of one is undone by trying them all.
 *
 * @throws ConfigurationError for an empty secret
 * @example createGuard({ logger: redactChats(pino(), process.env.LOG_SECRET) })
 */
export function redactChats(logger: Logger, secret: string | undefined): Logger {
  if (typeof secret !== "string" || secret === "") {
    throw new ConfigurationError(
      `redactChats(logger, secret) needs a secret, any text that is not in the logs: without one every chat id can be guessed from its hash; got ${describe(secret)}`,
    );
  }
  const hashed = (chat: string) => `#${hashOf(secret, chat).slice(0, shownLetters)}`;
  const redacted = (fields: object): object => {
    const { chat } = fields as { chat?: unknown };
    return chat === undefined ? fields : { ...fields, chat: hashed(String(chat)) };
  };
  const at = (level: LogLevel) => (fields: object, message: string) =>
    logger[level](redacted(fields), message);
  const methods = Object.fromEntries(logLevels.map((level) => [level, at(level)])) as unknown as Logger;
  const isLevelEnabled = (level: LogLevel) => logger.isLevelEnabled?.(level) ?? true;
  return { ...methods, isLevelEnabled };
}
