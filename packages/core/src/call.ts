/**
 * The words that adapters and the domain share: what is to be sent (`Call`), what came back from the
 * framework (`Reply`), what that proves (`Outcome`) and what the guard answers (`Delivery`).
 */

/** A Bot API payload as the framework hands it over. Never mutated, never consumed. */
export type Payload = Readonly<Record<PropertyKey, unknown>>;

/** What a file object in a payload holds, told by the adapter that knows its framework's file classes. */
export type FileSource =
  | { readonly kind: "bytes"; readonly data: Uint8Array; readonly filename?: string | undefined }
  | { readonly kind: "path"; readonly path: string; readonly filename?: string | undefined }
  | { readonly kind: "blob"; readonly blob: BlobLike; readonly filename?: string | undefined }
  | { readonly kind: "url"; readonly href: string }
  /** A stream, an iterator or a supplier function: reading it once would spoil it, so it has no content key. */
  | { readonly kind: "stream" };

/** The part of a Blob (or File) that is used: it can be read as often as one likes. */
export interface BlobLike {
  /** Bytes. */
  readonly size: number;
  slice(start?: number, end?: number): BlobLike;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** One outgoing Bot API call. */
export interface Call {
  /** Which bot sends: its numeric id, or the `namespace` option. Becomes the hash tag of every key. */
  readonly bot: string;
  /** Bot API method, as written in the API's documentation. */
  readonly method: string;
  readonly payload: Payload;
  /** Who causes it, for the `user` rule; inside an update, its sender does. */
  readonly userId?: number | string | undefined;
  /** Recognises the framework's file objects; anything else is plain data. */
  readonly fileOf?: ((value: object) => FileSource | undefined) | undefined;
}

/** The body of every Bot API answer. */
export type ApiResponse =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      readonly error_code: number;
      readonly description: string;
      readonly parameters?: { readonly retry_after?: number; readonly [field: string]: unknown } | undefined;
    };

/** What the framework reported. Adapters translate into this and decide nothing. */
export type Reply =
  /** Telegram answered with a readable body. */
  | { readonly type: "response"; readonly body: ApiResponse }
  /** No readable answer: the framework threw. `code` and `syscall` are those of the network error, if it was one. */
  | {
      readonly type: "failure";
      readonly error: unknown;
      readonly code?: string | undefined;
      readonly syscall?: string | undefined;
    };

/** Sends the call through the framework, once. Rejects only on a programming error. */
export type Send = (signal?: AbortSignalLike) => Promise<Reply>;

/**
 * What a reply proves.
 * - `ok`: delivered, the result is known
 * - `rejected`: certainly not sent; Telegram said no
 * - `unsent`: certainly not sent; no connection was made
 * - `unknown`: nobody can tell; never repeated by itself
 */
export type Outcome =
  | { readonly kind: "ok"; readonly result: unknown }
  | { readonly kind: "rejected"; readonly retryAfterMs?: number | undefined }
  | { readonly kind: "unsent" }
  | { readonly kind: "unknown"; readonly retryAfterMs?: number | undefined };

/** Where a call's idempotency key comes from. `none`: the call is not deduplicated. */
export type KeyScope = "key" | "delivery" | "update" | "content" | "none";

/** What every answer of the guard tells. */
export interface DeliveryFacts {
  /** The idempotency key (a hash; holds no text), when the call has one. */
  readonly key?: string | undefined;
  readonly scope: KeyScope;
  /** HTTP requests that this call made: 0 for a replay, more than 1 after a flood. */
  readonly attempts: number;
  /** Milliseconds spent waiting for turns, thaws and other senders. */
  readonly waitedMs: number;
}

/** Why the guard refused. Each is answered in the framework's own dialect by the adapters. */
export type RefusalCode =
  | "rate_limited"
  | "busy"
  | "ambiguous"
  | "mismatch"
  | "aborted"
  | "store_unavailable"
  | "closed";

/** The guard would not send. A value, not an exception. */
export interface Refusal extends DeliveryFacts {
  readonly status: RefusalCode;
  /** What happened and what to do about it, in one sentence. */
  readonly message: string;
  /** `rate_limited` and `busy`: when to come again, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** `rate_limited`: the rule that says no, e.g. `chat`. */
  readonly rule?: string | undefined;
}

/** Telegram or the network said no, or said nothing. `reply` is untouched. */
export interface Failed extends DeliveryFacts {
  readonly status: "failed";
  readonly outcome: "rejected" | "unsent" | "unknown";
  readonly reply: Reply;
}

/** It was sent by this call. */
export interface Sent extends DeliveryFacts {
  readonly status: "sent";
  readonly result: unknown;
}

/** It had been sent before (or is shared with a call in flight): nothing was sent now. */
export interface Replayed extends DeliveryFacts {
  readonly status: "replayed";
  readonly result: unknown;
}

/** The guard's answer to one call. */
export type Delivery = Sent | Replayed | Failed | Refusal;

/**
 * The part of an AbortSignal that is used. Structural, because frameworks bring polyfills that have
 * neither `reason` nor `throwIfAborted` and that `AbortSignal.any` rejects.
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
