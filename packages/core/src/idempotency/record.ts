import type { Paid } from "../limiter/rule-state.js";
import type { Claim, RecordView, Settlement } from "../store/port.js";

/**
 * The life of a record, pure. FREE is the absence of a record.
 *
 *             admit                   last rule paid               200
 *      FREE ─────────▶ RESERVED ──────────────────────▶ SENDING ──────────▶ DONE
 *        ▲              │  ▲ ╰ lease over: may be       │  │ lease over, or outcome unknown
 *        │              │  └────── 429: freeze ─────────┘  ▼
 *        └── not sent ──┴──────────────────────────── AMBIGUOUS ── late settle by its own owner ──▶ DONE | FREE
 */
export interface HeldRecord {
  state: "reserved" | "sending" | "ambiguous" | "done";
  owner: string;
  attempt: number;
  /** RESERVED and SENDING: until when it is the owner's alone. */
  lease: number;
  /** When it may be forgotten; never before the lease. */
  expires: number;
  /** RESERVED: index of the rule whose turn it waits for. */
  stage: number;
  /** What was paid so far, rule by rule. */
  paid: readonly Paid[];
  /** Content hash, for keys that the caller gave. */
  content: string | undefined;
  result: string | undefined;
  /** DONE and AMBIGUOUS: since when. */
  closedAt?: number;
}

/** Who asks. */
export interface Asker {
  readonly owner: string;
  readonly attempt: number;
}

/** What a record means to somebody who wants to send. */
export type Meeting =
  | "claim"
  | "resume"
  | "go"
  | "done"
  | "ambiguous"
  | "mismatch"
  | "reserved-by-other"
  | "sending-by-other";

/** Does the record still stand at this owner and attempt? Every write asks this first. */
export const standsAt = (record: HeldRecord, { owner, attempt }: Asker): boolean =>
  record.owner === owner && record.attempt === attempt;

/** Nothing is left of a record whose time is over. */
export const isGone = (record: HeldRecord | undefined, now: number): record is undefined =>
  record === undefined || record.expires <= now;

/** SENDING is never taken over: when its lease is over it reads as AMBIGUOUS. */
export function stateAt(record: HeldRecord, now: number): HeldRecord["state"] {
  return record.state === "sending" && record.lease <= now ? "ambiguous" : record.state;
}

/** `admit` meets a record: pure decision, no write. */
export function meet(record: HeldRecord | undefined, claim: Claim, asker: Asker, now: number): Meeting {
  if (isGone(record, now)) return "claim";
  const state = stateAt(record, now);
  const overdue = state === "reserved" && record.lease <= now;
  if (overdue && !standsAt(record, asker)) return "claim";
  if (state === "ambiguous" && claim.takeAmbiguous && !standsAt(record, asker)) return "claim";
  if (differs(record, claim)) return "mismatch";
  if (state === "done" || state === "ambiguous") return state;
  if (!standsAt(record, asker)) return state === "reserved" ? "reserved-by-other" : "sending-by-other";
  return state === "reserved" ? "resume" : "go";
}

const differs = (record: HeldRecord, claim: Claim): boolean =>
  claim.content !== undefined && record.content !== undefined && record.content !== claim.content;

/** May this settlement be written? Late ones of the own owner may, a second one changes nothing. */
export function maySettle(
  record: HeldRecord | undefined,
  asker: Asker,
  as: Settlement,
): record is HeldRecord {
  if (record === undefined || !standsAt(record, asker)) return false;
  if (record.state === "done") return false;
  return as !== "ambiguous" || record.state === "sending";
}

/** What `freeze` finds: its own send, its own work already done, or somebody else's record. */
export function meetFreeze(record: HeldRecord | undefined, asker: Asker): "freeze" | "repeat" | "lost" {
  if (record === undefined || record.owner !== asker.owner) return "lost";
  if (record.attempt === asker.attempt && record.state === "sending") return "freeze";
  return record.attempt === asker.attempt + 1 && record.state === "reserved" ? "repeat" : "lost";
}

/** May the lease be prolonged? Not once it is over: others have read it as AMBIGUOUS by then. */
export const mayRenew = (record: HeldRecord | undefined, asker: Asker, now: number): record is HeldRecord =>
  record !== undefined &&
  standsAt(record, asker) &&
  (record.state === "sending" || record.state === "reserved") &&
  record.lease > now;

/** A record as `inspect` shows it. */
export function viewOf(record: HeldRecord, now: number): RecordView {
  const state = stateAt(record, now);
  const held = state === "reserved" || state === "sending";
  return {
    state,
    ...(state !== "done" && { owner: record.owner, attempt: record.attempt }),
    expiresUs: record.expires,
    ...(held && { leaseUntilUs: record.lease }),
    ...(record.result !== undefined && { result: record.result }),
  };
}
