import {
  type Broadcast,
  type BroadcastApi,
  type BroadcastOptions,
  ConfigurationError,
  type MessageFor,
  type Payload,
  type Recipient,
  broadcast as run,
} from "@sendonce/core";
import type { Telegraf, Telegram } from "telegraf";
import { fileOf } from "./files.js";
import { guardedOf } from "./guarded-telegram.js";

// biome-ignore lint/suspicious/noExplicitAny: bots of every context
type AnyBot = Telegraf<any>;

/**
 * Sends a message to many, at the pace of the limits, each recipient once: run again under the same `id`, after a
 * crash or in another process at the same time, it serves nobody twice. Memory does not grow with the recipients.
 * Who blocked the bot is reported, not tried again; a group that has become a supergroup is served there.
 *
 * @param target a bot or a Telegram that is guarded by `install`; also `ctx.telegram` behind `reliability()`
 * @param recipients chat ids, or objects with `chat_id`: a list, an iterable or an async iterable
 * @param message a text, a payload without `chat_id`, or a function that writes one for each recipient
 * @returns a promise of its last progress, which can also be iterated, paused, resumed and aborted
 * @throws ConfigurationError naming the option and the remedy, or for a bot that is not guarded
 * @example
 * const run = broadcast(bot, users, ({ name }) => `Dear ${name}, …`, { id: "news-2026-05" });
 * for await (const { done, total } of run) console.log(`${done} of ${total}`);
 */
export function broadcast<R extends Recipient>(
  target: AnyBot | Telegram,
  recipients: Iterable<R> | AsyncIterable<R>,
  message: MessageFor<R>,
  options: BroadcastOptions<R>,
): Broadcast {
  return run(broadcastApi(target), recipients, message, options);
}

/** `callApi` without the per-method types that a function for all methods cannot use. */
interface AnyCalls {
  callApi(method: string, payload: Payload): Promise<unknown>;
}

function broadcastApi(target: AnyBot | Telegram): BroadcastApi {
  const telegram: Telegram | undefined = isBot(target) ? target.telegram : target;
  const guarded = telegram && guardedOf(telegram);
  if (guarded === undefined) {
    throw new ConfigurationError(
      "broadcast() needs a bot or a Telegram that Sendonce guards: call install(bot) first, e.g. const bot = install(new Telegraf(token)); reliability() guards ctx.telegram alone",
    );
  }
  // Looked up at each call: plugins replace it.
  const calls = telegram as unknown as AnyCalls;
  return {
    guard: guarded.guard,
    fileOf,
    call: (method, payload) => calls.callApi(method, payload),
  };
}

const isBot = (target: AnyBot | Telegram): target is AnyBot =>
  typeof (target as Partial<AnyBot> | undefined)?.handleUpdate === "function";
