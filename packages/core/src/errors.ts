/** Codes of {@link SendonceError}; they stay the same between versions. */
export type SendonceErrorCode =
  | "configuration"
  | "rate_limited"
  | "idempotency_conflict"
  | "store_unavailable";

const brand = Symbol.for("sendonce.error");

/** Base of every error that Sendonce raises itself. Telegram's own errors are never wrapped. */
export class SendonceError extends Error {
  override readonly name: string = "SendonceError";
  readonly code: SendonceErrorCode;
  readonly [brand] = true;

  constructor(code: SendonceErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** An option, field or argument is wrong. The message names it and says what to write instead. */
export class ConfigurationError extends SendonceError {
  override readonly name = "ConfigurationError";
  constructor(message: string, options?: { cause?: unknown }) {
    super("configuration", message, options);
  }
}

/** A limit would make the caller wait longer than it allowed. */
export class RateLimitExceeded extends SendonceError {
  override readonly name = "RateLimitExceeded";
  /** Milliseconds until a new try can succeed. */
  readonly retryAfterMs: number;
  constructor(message: string, retryAfterMs: number) {
    super("rate_limited", message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The key is in use, its outcome is unknown, or it was used with other content. */
export class IdempotencyConflict extends SendonceError {
  override readonly name = "IdempotencyConflict";
  readonly reason: "busy" | "ambiguous" | "mismatch";
  constructor(reason: "busy" | "ambiguous" | "mismatch", message: string) {
    super("idempotency_conflict", message);
    this.reason = reason;
  }
}

/** The store did not answer in time or refused. */
export class StoreUnavailable extends SendonceError {
  override readonly name = "StoreUnavailable";
  /** It answers, but takes no writes, and will not until somebody helps (read-only, out of memory, no permission). */
  readonly refusesWrites: boolean;
  /** It is moving the keys to another of its nodes for longer than the caller waits: no outage, come again. */
  readonly moving: boolean;
  constructor(message: string, options?: { cause?: unknown; refusesWrites?: boolean; moving?: boolean }) {
    super("store_unavailable", message, options);
    this.refusesWrites = options?.refusesWrites === true;
    this.moving = options?.moving === true;
  }
}

/** By code, not by class: CommonJS entry points of this package have a class each. */
export const isStoreUnavailable = (error: unknown): error is StoreUnavailable =>
  isSendonceError(error) && error.code === "store_unavailable";

/** Recognises Sendonce's errors, also those of another copy of this package (ESM beside CJS). */
export function isSendonceError(error: unknown): error is SendonceError {
  return typeof error === "object" && error !== null && brand in error;
}
