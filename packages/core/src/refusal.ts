import type { ApiResponse, DeliveryFacts, Refusal, RefusalCode } from "./call.js";
import { type IdempotencyConflict, isSendonceError } from "./errors.js";

/** What a refusal says and what to do about it. */
const advice: { readonly [Code in RefusalCode]: string } = {
  rate_limited: "the turn of this call is further away than maxWaitMs allows; come again after retry_after",
  busy: "this very message is being sent elsewhere; look again later, its result will be replayed",
  ambiguous:
    "an earlier try of this very message had an unknown outcome, so it may have been received; it is not sent again. Check the chat, then send it under a new delivery({ key }), or set idempotency.onAmbiguous",
  mismatch:
    "this key was used for another content; use one key per message, or set onMismatch to replay or send",
  aborted: "the caller aborted while it waited; nothing was sent",
  store_unavailable:
    "the store is away; nothing was sent, as whenStoreDown says, or because the call spends Stars",
  closed: "close() was called; nothing was sent",
};

/** A refusal as a value. */
export function refuse(
  facts: DeliveryFacts,
  status: RefusalCode,
  more: { readonly retryAfterMs?: number; readonly rule?: string } = {},
): Refusal {
  return { ...facts, ...more, status, message: `sendonce: ${advice[status]}` };
}

/** HTTP status of a refusal in Telegram's dialect. */
const statusOf: { readonly [Code in RefusalCode]: number } = {
  rate_limited: 429,
  busy: 409,
  ambiguous: 409,
  mismatch: 409,
  aborted: 409,
  closed: 409,
  store_unavailable: 503,
};

/**
 * A refusal as a Bot API answer, for frameworks that turn those into their own errors: 429 with
 * `parameters.retry_after` in whole seconds, or 409; both with `parameters.sendonce = { code, … }`.
 */
export function refusalResponse(refusal: Refusal): ApiResponse & { ok: false } {
  const { status, message, retryAfterMs, rule, key } = refusal;
  const code = statusOf[status];
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000));
  const sendonce = { code: status, ...(rule && { rule }), ...(key && { key }) };
  if (code === 429) {
    return {
      ok: false,
      error_code: 429,
      description: `Too Many Requests: retry after ${seconds} (${message})`,
      parameters: { retry_after: seconds, sendonce },
    };
  }
  const title = code === 409 ? "Conflict" : "Service Unavailable";
  return { ok: false, error_code: code, description: `${title}: ${message}`, parameters: { sendonce } };
}

/** An error (or answer) that Sendonce raised, in whatever framework's clothes. */
export interface SendonceRefusal {
  readonly error_code?: number;
  readonly parameters: { readonly retry_after?: number; readonly sendonce: { readonly code: RefusalCode } };
}

/**
 * Was this refused by Sendonce rather than by Telegram?
 * @example catch (e) { if (isSendonceRefusal(e) && e.parameters.sendonce.code === "ambiguous") … }
 */
export function isSendonceRefusal(error: unknown): error is SendonceRefusal {
  const own = (error as Partial<SendonceRefusal> | null | undefined)?.parameters?.sendonce;
  return typeof own?.code === "string";
}

/** Frameworks wrap what a handler throws; nobody wraps deeper than this. */
const deepestWrapping = 5;

/** Did a handler end in our own "outcome unknown" conflict, however it is wrapped? Running it again cannot help. */
export function isAmbiguousConflict(error: unknown): boolean {
  let inner: unknown = error;
  for (let depth = 0; depth < deepestWrapping && typeof inner === "object" && inner !== null; depth++) {
    if (isSendonceRefusal(inner) && inner.parameters.sendonce.code === "ambiguous") return true;
    if (isSendonceError(inner) && (inner as Partial<IdempotencyConflict>).reason === "ambiguous") return true;
    const wrapper = inner as { error?: unknown; cause?: unknown };
    inner = wrapper.error ?? wrapper.cause;
  }
  return false;
}
