import type { HeldRecord } from "../../packages/core/src/idempotency/record.js";
import {
  mayRenew,
  maySettle,
  meet,
  meetFreeze,
  stateAt,
} from "../../packages/core/src/idempotency/record.js";
import { now } from "./model-store.js";
import { type Protocol, settlementOf } from "./protocol.js";
import { type Bounds, type Law, laws } from "./record-life.js";

/** A protocol with one decision changed, and a law that falls. */
export interface Mutant {
  readonly name: string;
  readonly change: Partial<Protocol>;
  /** The smallest bounds in which it shows. */
  readonly bounds: Bounds;
  readonly breaks: Law;
}

const two: Bounds = { runs: 2, attempts: 1, lates: 0 };
const twoLate: Bounds = { runs: 2, attempts: 2, lates: 1 };
const three: Bounds = { runs: 3, attempts: 1, lates: 0 };

/** As if the asker were whom the record belongs to. */
const asOwner = (record: HeldRecord | undefined, attempt: number) => ({
  owner: record?.owner ?? "",
  attempt,
});
/** As if the asker were at the record's attempt. */
const asAttempt = (record: HeldRecord | undefined, owner: string) => ({
  owner,
  attempt: record?.attempt ?? 0,
});

/** What the search must catch. */
export const mutants: readonly Mutant[] = [
  {
    name: "SENDING is taken over when its lease is over",
    change: {
      meet: (record, claim, asker, now) =>
        record && stateAt(record, now) === "ambiguous" && record.owner !== asker.owner
          ? "claim"
          : meet(record, claim, asker, now),
    },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "SENDING is written after the request instead of before",
    change: { writesOnGo: "reserved" },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "SENDING whose lease is over reads as DONE",
    change: {
      meet: (record, claim, asker, now) =>
        record && record.state === "sending" && stateAt(record, now) === "ambiguous"
          ? "done"
          : meet(record, claim, asker, now),
    },
    bounds: two,
    breaks: laws.honest,
  },
  {
    name: "RESERVED is not taken over when its lease is over",
    change: {
      meet: (record, claim, asker, now) => {
        const meeting = meet(record, claim, asker, now);
        return meeting === "claim" && record ? "reserved-by-other" : meeting;
      },
    },
    bounds: two,
    breaks: laws.free,
  },
  {
    name: "whoever asks for a record in flight is told go",
    change: {
      meet: (record, claim, asker, now) => {
        const meeting = meet(record, claim, asker, now);
        return meeting === "sending-by-other" ? "go" : meeting;
      },
    },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "one owner token for a whole process",
    change: { ownerOf: () => "A" },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "settle does not ask who the owner is",
    change: { maySettle: (record, { attempt }, as) => maySettle(record, asOwner(record, attempt), as) },
    bounds: three,
    breaks: laws.alone,
  },
  {
    name: "settle asks for the owner but not for the attempt",
    change: {
      maySettle: (record, { owner }, as) => maySettle(record, asAttempt(record, owner), as),
    },
    bounds: twoLate,
    breaks: laws.alone,
  },
  {
    name: "freeze does not ask who the owner is",
    change: { meetFreeze: (record, { attempt }) => meetFreeze(record, asOwner(record, attempt)) },
    bounds: twoLate,
    breaks: laws.alone,
  },
  {
    name: "freeze asks for the owner but not for the attempt",
    change: {
      meetFreeze: (record, { owner }) =>
        record?.owner !== owner ? "lost" : record.state === "sending" ? "freeze" : "repeat",
    },
    bounds: twoLate,
    breaks: laws.alone,
  },
  {
    name: "freeze runs twice at one attempt",
    change: {
      meetFreeze: (record, asker) => (meetFreeze(record, asker) === "lost" ? "lost" : "freeze"),
    },
    bounds: twoLate,
    breaks: laws.idempotent,
  },
  {
    name: "after a freeze it sends without asking again",
    change: { admitsAfterFreeze: false },
    bounds: { ...two, attempts: 2 },
    breaks: laws.alone,
  },
  {
    name: "an unknown outcome frees the key",
    change: { settles: (ending) => (ending === "unknown" ? "free" : settlementOf(ending)) },
    bounds: two,
    breaks: laws.once,
  },
  {
    name: "an unknown outcome counts as sent",
    change: { settles: (ending) => (ending === "unknown" ? "done" : settlementOf(ending)) },
    bounds: two,
    breaks: laws.honest,
  },
  {
    name: "a rejected send stays on record as ambiguous",
    change: { settles: (ending) => (ending === "rejected" ? "ambiguous" : settlementOf(ending)) },
    bounds: two,
    breaks: laws.free,
  },
  {
    name: "AMBIGUOUS is settled by whoever comes next",
    change: {
      maySettle: (record, asker, as) =>
        (record?.state === "ambiguous" && as === "unsent") || maySettle(record, asker, as),
    },
    bounds: three,
    breaks: laws.once,
  },
  {
    name: "a settle is refused once its lease is over",
    change: {
      maySettle: (record, asker, as) =>
        maySettle(record, asker, as) && record.state === "sending" && record.lease > now,
    },
    bounds: two,
    breaks: laws.free,
  },
  {
    name: "a record expires before its lease is over",
    change: { keepsLeased: false },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "renew writes its record anew where it is gone",
    change: { renewsMissing: true },
    bounds: { ...two, lates: 1 },
    breaks: laws.free,
  },
  {
    name: "a run sends although its lease is over",
    change: { checksLease: false },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "a run counts a fresh lease from the answer to an admit that an earlier copy had carried out",
    change: { knowsItsLease: false },
    bounds: two,
    breaks: laws.alone,
  },
  {
    name: "a run that found its lease over claims again at the same attempt",
    change: { claimsAgainAt: "same attempt" },
    bounds: { ...two, lates: 1 },
    breaks: laws.alone,
  },
  {
    name: "an admit has no deadline and arrives after its caller has given up",
    change: { admitHasDeadline: false },
    bounds: { ...two, lates: 1 },
    breaks: laws.free,
  },
  {
    name: "an admit that was given up is not taken back",
    change: { takesBackOnGivingUp: false },
    bounds: two,
    breaks: laws.free,
  },
  {
    name: "a run that is told ambiguous does not take back what may be its own",
    change: { takesBackOnAmbiguous: false },
    bounds: two,
    breaks: laws.free,
  },
];

/** Changes that break no law, and why. */
export const harmless: readonly (Pick<Mutant, "name" | "change"> & { readonly why: string })[] = [
  {
    name: "renew prolongs a lease that is over",
    why: "it only turns AMBIGUOUS back into SENDING at its own owner and attempt: both keep everybody else away",
    change: { mayRenew: (record, asker) => mayRenew(record, asker, Number.NEGATIVE_INFINITY) },
  },
  {
    name: "a 429 frees the key to claim it again",
    why: "owner and attempt keep late copies away; it only loses its place in line",
    change: { onFlood: "free and claim again" },
  },
  {
    name: "RESERVED is taken over before its lease is over, by whoever asks",
    why: "its run asks again before it sends; only its place in line is lost",
    change: {
      meet: (record, claim, asker, now) => {
        const meeting = meet(record, claim, asker, now);
        return meeting === "reserved-by-other" ? "claim" : meeting;
      },
    },
  },
  {
    name: "a late settle of AMBIGUOUS by its own owner is refused",
    why: "nobody is told more than is known; what Telegram said later is lost",
    change: {
      maySettle: (record, asker, as) => record?.state !== "ambiguous" && maySettle(record, asker, as),
    },
  },
  {
    name: "a reserved record whose lease is over is lost to its own run too",
    why: "it claims anew, at the end of the line",
    change: {
      meet: (record, claim, asker, now) =>
        record?.state === "reserved" && record.lease <= now ? "claim" : meet(record, claim, asker, now),
    },
  },
];
