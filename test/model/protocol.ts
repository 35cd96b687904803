import type { Asker, HeldRecord, Meeting } from "../../packages/core/src/idempotency/record.js";
import { mayRenew, maySettle, meet, meetFreeze } from "../../packages/core/src/idempotency/record.js";
import type { Claim, Settlement } from "../../packages/core/src/store/port.js";

/** How a request to Telegram ends, as the client sees it. */
export type Ending = "ok" | "rejected" | "unknown" | "flood";

/**
 * Every decision of the protocol. The first four are the functions that the stores ship with; the others are
 * what stores and guard must keep to, so that these suffice. A mutant replaces one of them.
 */
export interface Protocol {
  readonly meet: (record: HeldRecord | undefined, claim: Claim, asker: Asker, now: number) => Meeting;
  readonly maySettle: (record: HeldRecord | undefined, asker: Asker, as: Settlement) => boolean;
  readonly meetFreeze: (record: HeldRecord | undefined, asker: Asker) => "freeze" | "repeat" | "lost";
  readonly mayRenew: (record: HeldRecord | undefined, asker: Asker, now: number) => boolean;
  /** A renewal writes SENDING where there is no record. */
  readonly renewsMissing: boolean;

  /** No record expires before its lease. */
  readonly keepsLeased: boolean;

  /** One token per run, never one per process. */
  readonly ownerOf: (client: number) => string;
  /** What `admit` writes before the request goes out. */
  readonly writesOnGo: "sending" | "reserved";
  /** How each ending is settled. */
  readonly settles: (ending: Exclude<Ending, "flood">) => Settlement;
  /** After a 429: freeze; or free the record and claim it anew. */
  readonly onFlood: "freeze" | "free and claim again";
  /** After a freeze the client asks again before it sends. */
  readonly admitsAfterFreeze: boolean;
  /** A client whose lease is over does not send any more. */
  readonly checksLease: boolean;
  /**
   * Told `go` on a SENDING that an earlier copy of its admit wrote, a run knows when that lease is over; it does
   * not count a fresh one from this answer.
   */
  readonly knowsItsLease: boolean;
  /** A run that found its lease over takes its record back and claims again, as another attempt. */
  readonly claimsAgainAt: "next attempt" | "same attempt";
  /** Server time after which an admit does nothing. Its caller gives up only after that. */
  readonly admitHasDeadline: boolean;
  /** Told `ambiguous`, a client takes back what may be its own: it has sent nothing. */
  readonly takesBackOnAmbiguous: boolean;
  /** A given-up admit is taken back with `settle(unsent)`. */
  readonly takesBackOnGivingUp: boolean;
}

/** How an ending of a request is settled. */
export const settlementOf = (ending: Exclude<Ending, "flood">): Settlement =>
  (({ ok: "done", rejected: "free", unknown: "ambiguous" }) as const)[ending];

/** The protocol that ships. */
export const shipped: Protocol = {
  meet,
  maySettle,
  meetFreeze,
  mayRenew,
  renewsMissing: false,
  keepsLeased: true,
  ownerOf: (client) => String.fromCharCode(65 + client),
  writesOnGo: "sending",
  settles: settlementOf,
  onFlood: "freeze",
  admitsAfterFreeze: true,
  checksLease: true,
  knowsItsLease: true,
  claimsAgainAt: "next attempt",
  admitHasDeadline: true,
  takesBackOnAmbiguous: true,
  takesBackOnGivingUp: true,
};
