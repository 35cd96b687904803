import type { RuleCharge } from "../store/port.js";
import { nominal } from "./adaptive.js";
import { atWork, type Paid, type RuleState } from "./rule-state.js";

const nothing: readonly number[] = Object.freeze([]);

/**
 * The ordinary payment, decided before anything else is looked at: a bucket that never froze and has tokens now, or a
 * gate without a freeze. Answers undefined for whatever else; the whole arithmetic (`rule-state.ts`) decides then, and
 * comes to the same where both could. Changes nothing: a bucket is at `full` of the answer afterwards.
 */
export function ordinaryPayment(
  { params, cost, mode }: RuleCharge,
  found: RuleState | undefined,
  now: number,
): Paid | undefined {
  const rule = atWork(found, now);
  if (params.kind === "gate") return rule ? undefined : { turn: now, full: 0, rose: 0, places: nothing };
  if (params.kind !== "bucket" || (rule && !isPlain(rule))) return undefined;
  const { capacity, intervalUs } = params;
  const before = rule && rule.full > now ? rule.full : now;
  const tokens = Math.min(cost, capacity);
  let after = before + tokens * intervalUs;
  if (mode === "debit") {
    const deepest = now + 2 * capacity * intervalUs;
    if (before > deepest) return undefined;
    if (after > deepest) after = deepest;
  } else if (before - (capacity - tokens) * intervalUs > now) return undefined;
  if (after <= now) return undefined;
  return { turn: now, full: after, rose: after - before, places: nothing };
}

/** A bucket of which nothing is to be known but when it is full again. */
const isPlain = ({ shift, thaw, sent, lane, pushed, rate, places }: RuleState): boolean =>
  shift === 0 &&
  thaw === 0 &&
  sent === 0 &&
  lane === 0 &&
  pushed === 0 &&
  rate === nominal &&
  places.length === 0;
