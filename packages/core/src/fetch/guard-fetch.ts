import { guardFrom } from "../adapter/adapter-guard.js";
import { botIdOf } from "../adapter/bot-id.js";
import { redactToken } from "../adapter/redact-token.js";
import type { Delivery, Failed, Reply } from "../call.js";
import { rememberDelivery } from "../delivered.js";
import type { Guard } from "../guard.js";
import { methodClass } from "../methods.js";
import type { GuardOptions } from "../options.js";
import { refusalResponse } from "../refusal.js";
import { type Answer, answerOf, apiAnswer, equalResponse, type ResponseLike } from "./answer.js";
import { type BotApiPath, botApiPath, urlOf } from "./bot-api-path.js";
import {
  abortReason,
  type BotApiRequest,
  type FetchArguments,
  type FetchInit,
  readBotApiRequest,
} from "./bot-api-request.js";
import { networkFacts } from "./network-facts.js";

/** Any fetch: the platform's, undici's, node-fetch's. */
export type FetchLike = (input: never, init?: never) => Promise<unknown>;

/** A fetch that is guarded, with what belongs to it. */
export interface GuardedFetch {
  /** The guard behind it: events, store, `run`. */
  readonly guard: Guard;
  /** Takes no more calls, waits for those in flight, and lets go of what it opened. */
  close(): Promise<void>;
}

/**
 * A fetch that makes Bot API calls through a guard: every message goes out once, at the pace Telegram allows.
 * For code that calls the Bot API by plain fetch, and for frameworks that take one. All bots may share it; what is
 * no Bot API call, and `getUpdates`, goes by untouched.
 *
 * Calls made while an update is handled must be made inside `guardUpdates` (or `guard.handleUpdate`) on the same
 * guard: outside, two updates that are answered with the same words within `ttlMs` are answered once. A bot of grammY
 * or Telegraf takes its adapter's `install`, which sees to that.
 *
 * The guard answers in Telegram's dialect: a refusal is a Response with status 409, 429 (with `Retry-After`) or
 * 503 and `parameters.sendonce`, a message that had been sent before a 200 with its result (`deliveryOf(response)`
 * tells). All other Responses are those that `fetch` gave, all rejections its own errors, without the token in
 * their messages.
 *
 * @param options the guard's options, or a guard shared with others
 * @throws ConfigurationError naming the option and the remedy
 * @example
 * const send = guardFetch(fetch);
 * await send(`https://api.telegram.org/bot${token}/sendMessage`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ chat_id: 42, text: "Paid!" }),
 *   ...delivery({ key: "invoice-42" }),
 * });
 */
export function guardFetch<F extends FetchLike>(
  fetch: F,
  options: GuardOptions | Guard = {},
): F & GuardedFetch {
  const guard = guardFrom(options);
  const send = fetch as unknown as Fetch;

  async function guardedFetch(input: unknown, init?: FetchInit): Promise<unknown> {
    const path = botApiPath(urlOf(input));
    if (path === undefined) return send(input, init);
    if (isUntouched(path)) return named(path.token, () => send(input, init));
    return named(path.token, async () => {
      const request = await readBotApiRequest(input, init);
      return request ? guarded(request) : send(input, init);
    });
  }

  /** Reads, asks the guard, and answers as fetch would. */
  async function guarded(request: BotApiRequest): Promise<unknown> {
    const { token, method, payload, fileOf, signal } = request;
    const tries = new Tries(send, request);
    try {
      if (signal?.aborted) throw abortReason(signal);
      const id = botIdOf(token);
      guard.expectBot(id);
      const call = { bot: guard.namespace ?? id, method, payload, fileOf };
      const delivery = await guard.run(call, () => tries.send(), signal);
      return told(delivery, request, tries);
    } finally {
      request.discard();
    }
  }

  return Object.assign(guardedFetch as unknown as F, { guard, close: () => guard.close() });
}

/** What replies were made of, for twins that share one. */
const answers = new WeakMap<Reply, Answer>();

type Fetch = (...args: FetchArguments) => Promise<ResponseLike>;

/** Answers, getters, setters and polls are never held, so there is no reason to look into them. */
function isUntouched({ method }: BotApiPath): boolean {
  const kind = methodClass(method);
  return kind === "pass" || kind === "poll";
}

/** Whatever is thrown on the way names no token. */
async function named<T>(token: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw redactToken(error, token);
  }
}

/** The requests that one call makes, and the last one's answer. */
class Tries {
  readonly #fetch: Fetch;
  readonly #request: BotApiRequest;
  last: Answer | undefined;

  constructor(fetch: Fetch, request: BotApiRequest) {
    this.#fetch = fetch;
    this.#request = request;
  }

  async send(): Promise<Reply> {
    this.last = undefined;
    try {
      const answer = await answerOf(await this.#fetch(...this.#request.replay()));
      this.last = answer;
      answers.set(answer.reply, answer);
      return answer.reply;
    } catch (error) {
      return { type: "failure", error, ...networkFacts(error) };
    }
  }
}

/** What the guard decided, as fetch would tell it. */
function told(delivery: Delivery, { signal }: BotApiRequest, { last }: Tries): unknown {
  switch (delivery.status) {
    case "sent":
      return noted(delivery, last?.response);
    case "replayed":
      return noted(delivery, apiAnswer({ ok: true, result: delivery.result }));
    case "failed":
      return failure(delivery, last);
    case "aborted":
      throw abortReason(signal);
    default:
      return apiAnswer(refusalResponse(delivery));
  }
}

/** A twin that shared the failure of another call gets an answer like that one's. */
function failure({ reply }: Failed, last: Answer | undefined): unknown {
  if (last?.reply === reply) return last.response;
  const shared = answers.get(reply);
  if (shared?.text !== undefined) return equalResponse(shared);
  if (reply.type === "response") return apiAnswer(reply.body);
  throw reply.error;
}

/** `deliveryOf(response)` tells whether it was sent now or before. */
function noted(delivery: Delivery, response: unknown): unknown {
  if (delivery.status === "sent" || delivery.status === "replayed")
    rememberDelivery({ ...delivery, result: response });
  return response;
}
