import type { Emulator } from "@sendonce/emulator";
import type { HistoryLine } from "./history.js";

/** One message that somebody received. */
export interface ReceivedOperation {
  /** As in the histories. */
  readonly operation: string;
  readonly chat: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A key of Sendonce's in Redis, as it stood at the end. */
export interface KeyLeft {
  readonly key: string;
  /** PTTL: -1 means that it never goes. */
  readonly ttlMs: number;
  /** Of a record, as `inspect` tells it. */
  readonly state?: "reserved" | "sending" | "ambiguous" | "done";
  /** For how much longer its owner has it, in ms; negative when that is over. */
  readonly leaseMs?: number;
}

/** A limit that what people received is held against. */
export type LimitToHold = {
  readonly name: string;
  /** Messages that it counts together share a name; undefined: not counted. @default all of them */
  readonly countedWith?: (message: ReceivedOperation) => string | number | undefined;
} & (
  | { readonly kind: "window"; readonly limit: number; readonly perMs: number }
  /** `spare`: so many messages of unsteady network are let pass. */
  | {
      readonly kind: "bucket";
      readonly capacity: number;
      readonly refillPerSecond: number;
      readonly spare?: number;
    }
);

/** All that is known about a run when it is over. */
export interface Evidence {
  readonly histories: readonly HistoryLine[];
  readonly received: readonly ReceivedOperation[];
  /** Processes that were killed: the only ones that may owe an answer. */
  readonly killed?: ReadonlySet<string>;
  /** Every key of the bot. Left out: not looked at. */
  readonly keys?: readonly KeyLeft[];
  /** How long any key may live, in ms: what the options say, and what is waited for at most. */
  readonly longestTtlMs?: number;
  readonly limits?: readonly LimitToHold[];
  /**
   * What was promised.
   * - `everywhere`: at most once in the whole fleet
   * - `per process`: at most once for each process that tried it
   */
  readonly promise?: "everywhere" | "per process";
}

/** What people received, by unique text. */
export function receivedFrom({ ledger }: Pick<Emulator, "ledger">): ReceivedOperation[] {
  return ledger.received().map(({ text, caption, chat, at }) => ({
    operation: text ?? caption ?? "",
    chat,
    at,
  }));
}
