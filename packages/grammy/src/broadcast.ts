import {
  type Broadcast,
  type BroadcastApi,
  type BroadcastOptions,
  ConfigurationError,
  type Guard,
  isGuard,
  type MessageFor,
  type Payload,
  type Recipient,
  broadcast as run,
} from "@sendonce/core";
import { type AnyApi, type AnyBot, isBot } from "./any-bot.js";
import { fileOf } from "./translate.js";

/**
 * Sends a message to many, at the pace of the limits, each recipient once: run again under the same `id`, after a
 * crash or in another process at the same time, it serves nobody twice. Memory does not grow with the recipients.
 * Who blocked the bot is reported, not tried again; a group that has become a supergroup is served there.
 *
 * @param target a bot or an Api that is guarded, by `install` or by `api.config.use(reliability())`; also `ctx.api`
 * @param recipients chat ids, or objects with `chat_id`: a list, an iterable or an async iterable
 * @param message a text, a payload without `chat_id`, or a function that writes one for each recipient
 * @returns a promise of its last progress, which can also be iterated, paused, resumed and aborted
 * @throws ConfigurationError naming the option and the remedy, or for a bot that is not guarded
 * @example
 * const run = broadcast(bot, users, ({ name }) => `Dear ${name}, …`, { id: "news-2026-05" });
 * for await (const { done, total } of run) console.log(`${done} of ${total}`);
 */
export function broadcast<R extends Recipient>(
  target: AnyBot | AnyApi,
  recipients: Iterable<R> | AsyncIterable<R>,
  message: MessageFor<R>,
  options: BroadcastOptions<R>,
): Broadcast {
  return run(broadcastApi(target), recipients, message, options);
}

/** By method name, as transformers see calls: plugins around the guard see them too. */
type RawCalls = Record<string, (payload: Payload) => Promise<unknown>>;

function broadcastApi(target: AnyBot | AnyApi): BroadcastApi {
  const api: AnyApi | undefined = isBot(target) ? target.api : target;
  const guard = guardOf(api);
  if (api === undefined || guard === undefined) {
    throw new ConfigurationError(
      "broadcast() needs a bot or an Api that Sendonce guards: call install(bot) first, e.g. const bot = install(new Bot(token))",
    );
  }
  const raw = api.raw as unknown as RawCalls;
  const call = async (method: string, payload: Payload): Promise<unknown> => {
    refuseSpent(payload);
    return raw[method]!(payload);
  };
  return { guard, fileOf, call };
}

/**
 * grammY fails on a stream that was read before as if a request had been lost, and everybody's outcome would be
 * unknown although nothing was sent.
 */
function refuseSpent(payload: Payload): void {
  const { media } = payload;
  const items = Array.isArray(media)
    ? media.map((item: { readonly media?: unknown } | null) => item?.media)
    : [];
  if (![...Object.values(payload), ...items].some(isSpent)) return;
  throw new ConfigurationError(
    "the upload of a stream failed, and a stream can be read once only; nothing more was sent. Give the broadcast bytes or a path: new InputFile(path)",
  );
}

/** The runtime field of grammY's InputFile; private to the type system. */
const isSpent = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "consumed" in value && value.consumed === true;

/** Our transformer carries its guard, however it came to this Api. */
function guardOf(api: AnyApi | undefined): Guard | undefined {
  const transformers: readonly object[] = api?.config?.installedTransformers?.() ?? [];
  return transformers.map((one) => (one as { readonly guard?: Guard }).guard).find(isGuard);
}
