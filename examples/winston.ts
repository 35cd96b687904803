/**
 * Winston takes the line first and the fields after it: four methods turn them round.
 *
 *     npx tsx examples/winston.ts
 */
import { createEmulator } from "@sendonce/emulator";
import { createGuard, install, type Logger, type LogLevel } from "@sendonce/grammy";
import { Api } from "grammy";
import winston from "winston";

const telegram = createEmulator();
await telegram.listen();

const logger = winston.createLogger({ level: "info", transports: [new winston.transports.Console()] });

// Lines below the level are not even put together, since it is asked first.
const at = (level: LogLevel) => (fields: object, message: string) =>
  void logger.log({ ...fields, level, message });
const forSendonce: Logger = {
  debug: at("debug"),
  info: at("info"),
  warn: at("warn"),
  error: at("error"),
  isLevelEnabled: (level) => logger.isLevelEnabled(level),
};

const guard = createGuard({ logger: forSendonce });
const api = install(new Api("4242:token", { apiRoot: telegram.url }), guard);

telegram.fault({ method: "sendMessage", kind: "429", retryAfter: 1 });
await api.sendMessage(5, "Your order is on its way.");

await guard.close();
await telegram.close();

/* Prints:
{"bot":"4242","chat":"5","event":"freeze","frozenMs":1000,"level":"warn","message":"flood: Telegram asks to wait","method":"sendMessage","retryAfterMs":1000,"rule":"chat","scope":"none"}
{"bot":"4242","chat":"5","event":"wait","key":"cIbdFHb7tSP18AJE0I7qPUB","level":"warn","message":"waiting for a turn","method":"sendMessage","rule":"chat","scope":"content","waitMs":1000.001}
{"bot":"4242","chat":"5","event":"thaw","frozenMs":1000,"level":"info","message":"thaw: the flood is over","rule":"chat"}
{"event":"closed","level":"info","message":"closed","unfinished":0}
*/
