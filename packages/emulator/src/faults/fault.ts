/** Which requests a fault is for. No `method` means every method but getUpdates. */
export interface FaultTarget {
  /** A method name or several, in any case. */
  method?: string | readonly string[];
  chat?: number | string;
  /** Bot id or token. */
  bot?: number | string;
  /** How many requests it hits: 1 unless told; `Infinity` until removed. */
  times?: number;
  /** How many matching requests pass untouched first. */
  after?: number;
}

/** What happens to the request. `commit: true` means that the message was sent all the same. */
export type FaultEffect =
  /** Too Many Requests. `scope` is who is told to wait; `enforce` keeps refusing until the time is over, counting down. */
  | { kind: "429"; retryAfter?: number; scope?: "chat" | "bot"; enforce?: boolean; commit?: boolean }
  /** A proxy's HTML page with a 5xx status (502). */
  | { kind: "html"; status?: number; commit?: boolean }
  /** A JSON error. */
  | {
      kind: "error";
      code: number;
      description: string;
      parameters?: Record<string, unknown>;
      commit?: boolean;
    }
  /** No answer until the client gives up. */
  | { kind: "hang"; commit?: boolean }
  /** The answer takes `ms` milliseconds; the message is sent at the end, or before the delay. */
  | { kind: "slow"; ms: number; commit?: "before" | "after" }
  /** The connection breaks before anything was sent. */
  | { kind: "cut-before" }
  /** The message is sent, then the connection breaks. */
  | { kind: "cut-after" }
  /** An album or multi-forward fails at item `sent + 1`, after the first `sent` went out. */
  | { kind: "partial"; sent: number; description?: string }
  /** The server shuts down for `ms`: this request (committed unless `commit: false`) and those in flight get 429 retry_after 5, as do new ones; with `refuse` new connections are refused instead. */
  | { kind: "restart"; ms?: number; refuse?: boolean; commit?: boolean };

/** A fault as a script gives it. */
export type Fault = FaultTarget & FaultEffect;

/** The names of all faults. */
export const FAULT_KINDS: readonly FaultEffect["kind"][] = [
  "429",
  "html",
  "error",
  "hang",
  "slow",
  "cut-before",
  "cut-after",
  "partial",
  "restart",
];

/** A scripted fault that can be watched and withdrawn. */
export interface FaultHandle {
  readonly id: number;
  /** Requests it has hit so far. */
  readonly hits: number;
  remove(): void;
}
