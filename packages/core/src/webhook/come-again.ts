import { type IdempotencyConflict, isSendonceError, type RateLimitExceeded } from "../errors.js";
import { isSendonceRefusal } from "../refusal.js";

/** Soon enough that nobody waits for nothing, late enough that what is in the way can end. */
const usualSeconds = 5;

/** Telegram waits no longer than this. */
const longestSeconds = 3_600;

/** Frameworks wrap what a handler throws; nobody wraps deeper than this. */
const deepestWrapping = 5;

/** Whether the update can be handled later though it could not now, by what its handling ended in, and when. */
export function comeAgainAfter(error: unknown): number | undefined {
  let inner: unknown = error;
  for (let depth = 0; depth < deepestWrapping && typeof inner === "object" && inner !== null; depth++) {
    const seconds = secondsIn(inner);
    if (seconds !== undefined) return Math.min(Math.max(1, Math.ceil(seconds)), longestSeconds);
    const wrapper = inner as { error?: unknown; cause?: unknown };
    inner = wrapper.error ?? wrapper.cause;
  }
  return undefined;
}

/** A flood of Telegram's own, out of turn, busy elsewhere, or the store is away: all of them pass. */
function secondsIn(error: object): number | undefined {
  const flood = floodSeconds(error);
  if (flood !== undefined) return flood;
  if (isSendonceRefusal(error)) {
    const { code } = error.parameters.sendonce;
    return code === "busy" || code === "store_unavailable" ? usualSeconds : undefined;
  }
  if (!isSendonceError(error)) return undefined;
  if (error.code === "rate_limited") return (error as RateLimitExceeded).retryAfterMs / 1000;
  const isBusy = (error as Partial<IdempotencyConflict>).reason === "busy";
  return isBusy || error.code === "store_unavailable" ? usualSeconds : undefined;
}

/** A 429 in the Bot API's words, ours or Telegram's; Telegraf calls the number `code`. */
function floodSeconds(error: object): number | undefined {
  const { error_code, code, parameters } = error as {
    readonly error_code?: unknown;
    readonly code?: unknown;
    readonly parameters?: { readonly retry_after?: unknown } | null;
  };
  const seconds = parameters?.retry_after;
  return (error_code ?? code) === 429 && typeof seconds === "number" ? seconds : undefined;
}
