import type { AbortSignalLike, Call, Delivery, Refusal, Reply } from "../call.js";
import { carriedOptions, delivery } from "../delivery-options.js";
import {
  ConfigurationError,
  IdempotencyConflict,
  isStoreUnavailable,
  RateLimitExceeded,
  StoreUnavailable,
} from "../errors.js";
import { classify } from "../flood/classify.js";
import { createGuard, type Guard } from "../guard.js";
import { type GuardOptions, resolveOptions } from "../options.js";
import { describe, isFunction, knownNames } from "../validate.js";
import { messageIdOf, replyOf, replyToError } from "./answer-of.js";
import { defaultNamespace } from "./part-settings.js";
import { opaqueOf, type PostData, payloadOf, userOf } from "./post.js";

/** One delivery, as {@link DeliveryService.sendWithReliabilityGuards} takes it. */
export interface DeliveryRequest<Post extends PostData = PostData> {
  /**
   * Names this delivery, e.g. `"invoice-42"`: per chat it goes out once. With other post data it is refused
   * (`idempotency.onMismatch` of the guard).
   */
  deliveryId: string;
  /**
   * What is sent, and to whom: the chat as `chat_id`, `chatId`, `channel_id`, `channelId` or `chat.id` (without,
   * only the bot-wide limit is paid), and, for the `user` rule, a `user_id` or `userId`. Never changed, never
   * read where reading spoils: with a stream in it, a 429 is reported instead of sent again.
   */
  postData: Post;
  /**
   * Sends it, once; called again only after a 429. It resolves with what was sent (a `message_id`, `messageId`
   * or `id` is remembered), or with the API's own answer (`{ ok, result }`, `{ ok: false, error_code }`, a fetch
   * Response). It rejects with the client's own error; see `error` for what that proves.
   */
  sendFunction: (postData: Post, signal?: AbortSignalLike) => unknown;
  /** How long the delivery is remembered, in ms after its last write. @default the guard's `idempotency.ttlMs` */
  idempotencyTtlMs?: number | undefined;
  /** Longest wait for limits and for a twin in flight, in ms; 0 never waits. @default the guard's `maxWaitMs` */
  maxRateLimitWaitMs?: number | undefined;
  /** Ends the wait; nothing is sent then. */
  signal?: AbortSignalLike | undefined;
}

/** How a delivery ended. */
export interface DeliveryReport {
  /** It is delivered: now, or earlier (`duplicate`). */
  readonly success: boolean;
  /** Nothing was sent now, because this delivery was made before, is being made, or may have been. */
  readonly duplicate: boolean;
  /** A limit or a 429 stands in the way; come again after `retryAfterMs`. */
  readonly rateLimited: boolean;
  /** What `sendFunction` answered, now or then. */
  readonly messageId?: number | string | undefined;
  /** `rateLimited`, or a twin is in flight: when to come again, in ms. */
  readonly retryAfterMs?: number | undefined;
  /** The key of the delivery's record, a hash; `deliveryId` itself where nothing is recorded. */
  readonly idempotencyKey: string;
  /**
   * Why not:
   * - RateLimitExceeded: the turn is too far away; nothing was sent
   * - IdempotencyConflict with `reason` `busy`, `ambiguous` (it may have been received) or `mismatch`
   * - StoreUnavailable: nothing was sent
   * - what `sendFunction` rejected with. The API's no (4xx) and a connection never made leave the delivery free
   *   for another try; anything else (a timeout, a reset, an error that tells nothing) may have been received:
   *   it is not sent again, and the next try is told `ambiguous`
   */
  readonly error?: Error | undefined;
}

/**
 * At most one delivery per id, at the pace of the limits, around any function that sends. For senders that are
 * neither grammY nor Telegraf; bots use the adapters, which need no call like this one.
 *
 * @example
 * const service = new DeliveryService();
 * const report = await service.sendWithReliabilityGuards({
 *   deliveryId: "invoice-42",
 *   postData: { chatId: 7, text: "Paid!" },
 *   sendFunction: async ({ chatId, text }) => ({ message_id: `${chatId}${text}`.length }),
 * });
 */
export class DeliveryService {
  readonly #guard: Guard;
  readonly #bot: string;
  readonly #owned: boolean;

  /**
   * @param guard a guard to share, or the options of one to make
   * @param options `namespace`: whose limits and records these are, e.g. the numeric id of the bot whose token
   * `sendFunction` uses; then they count together with what that bot's adapter sends. Default: the guard's
   * namespace, or `"default"`
   * @throws ConfigurationError naming the option and the remedy
   */
  constructor(guard: Guard | GuardOptions = {}, options: { namespace?: string } = {}) {
    knownNames("DeliveryService", options, ["namespace"]);
    this.#owned = !isGuard(guard);
    this.#guard = isGuard(guard) ? guard : createGuard(guard);
    this.#bot = resolveOptions(options).namespace ?? this.#guard.namespace ?? defaultNamespace;
  }

  /**
   * Delivers once: a second call with the same id and chat, also at the same time and in another process,
   * reports the first one's `messageId` with `duplicate: true`. Waits for limits by a reserved turn; after a
   * 429 everything to that chat stands still, and this delivery is sent again when it may.
   *
   * @returns a report; what went wrong is in `error` and never thrown
   * @throws ConfigurationError when the request itself is wrong: no id, no function, post data that contains itself
   * @example
   * const { success, error } = await new DeliveryService().sendWithReliabilityGuards({
   *   deliveryId: "digest-2026-01-31",
   *   postData: { channelId: "@news", text: "Good morning" },
   *   sendFunction: async () => ({ message_id: 1 }),
   *   maxRateLimitWaitMs: 5_000,
   * });
   */
  async sendWithReliabilityGuards<Post extends PostData>(
    request: DeliveryRequest<Post>,
  ): Promise<DeliveryReport> {
    const call = this.#call(request);
    let rejection: Error | undefined;
    const send = async (signal?: AbortSignalLike): Promise<Reply> => {
      rejection = undefined;
      try {
        return replyOf(await request.sendFunction(request.postData, signal));
      } catch (error) {
        rejection = asError(error);
        return replyToError(error);
      }
    };
    try {
      return reportOf(request.deliveryId, call, await this.#guard.run(call, send, request.signal), rejection);
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      return { ...refused, idempotencyKey: request.deliveryId, error };
    }
  }

  /**
   * Closes the guard, if this service made it: no more deliveries, those in flight are waited for.
   *
   * @example
   * await new DeliveryService().close();
   */
  async close(): Promise<void> {
    if (this.#owned) await this.#guard.close();
  }

  /** As a message of the Bot API, which has a key, pays, and freezes on a 429. */
  #call<Post extends PostData>(request: DeliveryRequest<Post>): Call {
    checkRequest(request);
    const { deliveryId, postData, idempotencyTtlMs: ttlMs, maxRateLimitWaitMs: maxWaitMs } = request;
    const options = delivery({
      ...carriedOptions(postData as Call["payload"]),
      key: deliveryId,
      ...(ttlMs !== undefined && { ttlMs }),
      ...(maxWaitMs !== undefined && { maxWaitMs }),
    });
    return {
      bot: this.#bot,
      method: "sendMessage",
      payload: { ...payloadOf(postData), ...options },
      userId: userOf(postData),
      fileOf: opaqueOf,
    };
  }
}

const requestNames = [
  "deliveryId",
  "postData",
  "sendFunction",
  "idempotencyTtlMs",
  "maxRateLimitWaitMs",
  "signal",
];

function checkRequest<Post extends PostData>(request: DeliveryRequest<Post>): void {
  knownNames("sendWithReliabilityGuards", request, requestNames);
  const { deliveryId, postData, sendFunction } = request;
  if (typeof deliveryId !== "string" || deliveryId === "") {
    throw new ConfigurationError(
      `\`deliveryId\` must be a non-empty string that names this delivery, e.g. "invoice-42"; got ${describe(deliveryId)}`,
    );
  }
  if (typeof postData !== "object" || postData === null) {
    throw new ConfigurationError(
      `\`postData\` must be an object that says what is sent to which chat; got ${describe(postData)}`,
    );
  }
  isFunction("`sendFunction`", sendFunction);
}

const isGuard = (value: Guard | GuardOptions): value is Guard => typeof (value as Guard).run === "function";

const refused = Object.freeze({ success: false, duplicate: false, rateLimited: false });

function reportOf(
  deliveryId: string,
  call: Call,
  given: Delivery,
  rejection: Error | undefined,
): DeliveryReport {
  const idempotencyKey = given.key ?? deliveryId;
  switch (given.status) {
    case "sent":
    case "replayed": {
      const messageId = messageIdOf(given.result);
      const duplicate = given.status === "replayed";
      return {
        success: true,
        duplicate,
        rateLimited: false,
        ...(messageId !== undefined && { messageId }),
        idempotencyKey,
      };
    }
    case "failed": {
      const outcome = classify(call.method, given.reply);
      const retryAfterMs = outcome.kind === "rejected" ? outcome.retryAfterMs : undefined;
      const error = rejection ?? errorOf(given.reply);
      return { ...refused, ...limitedFor(retryAfterMs), idempotencyKey, error };
    }
    default:
      return { ...refusalReport(given), idempotencyKey };
  }
}

const limitedFor = (retryAfterMs: number | undefined) =>
  retryAfterMs === undefined ? {} : { rateLimited: true, retryAfterMs };

function refusalReport(refusal: Refusal): Omit<DeliveryReport, "idempotencyKey"> {
  const { status, message, retryAfterMs } = refusal;
  switch (status) {
    case "rate_limited":
      return {
        ...refused,
        ...limitedFor(retryAfterMs ?? 0),
        error: new RateLimitExceeded(message, retryAfterMs ?? 0),
      };
    case "busy":
      return { ...refused, duplicate: true, retryAfterMs, error: new IdempotencyConflict(status, message) };
    case "ambiguous":
    case "mismatch":
      return { ...refused, duplicate: true, error: new IdempotencyConflict(status, message) };
    case "store_unavailable":
      return { ...refused, error: new StoreUnavailable(message) };
    case "closed":
      return { ...refused, error: new ConfigurationError(message) };
    case "aborted": {
      const error = new Error(message);
      error.name = "AbortError";
      return { ...refused, error };
    }
  }
}

/** For an answer that was returned, not thrown. */
function errorOf(reply: Reply): Error {
  if (reply.type === "failure") return asError(reply.error);
  if (reply.body.ok) return new Error("the answer can not be told from a webhook reply");
  const { error_code, description } = reply.body;
  return Object.assign(new Error(`${error_code}: ${description}`), reply.body);
}

/** Errors of another realm are errors too. */
function asError(thrown: unknown): Error {
  const isError = thrown instanceof Error || Object.prototype.toString.call(thrown) === "[object Error]";
  return isError ? (thrown as Error) : new Error("sendFunction failed; see `cause`", { cause: thrown });
}
