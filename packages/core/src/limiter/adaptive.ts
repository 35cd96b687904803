import type { RuleCharge, RuleParams } from "../store/port.js";
import { drainSent, type SentState } from "./sent.js";

/** All rates in parts per million of what the rule says. */
export const nominal = 1_000_000;
/** A flood takes a fifth of the rate, down to a tenth of what the rule says. */
const kept = { part: 8, of: 10, least: 100_000 } as const;
/** One part per million comes back in this many microseconds: a tenth of the rate per minute. */
const recoverUs = 600;
/** A message that had to wait, with nobody objecting, adds this much where a rule may exceed itself. */
const probe = 500;

/**
 * A rule's own estimate of the real quota: additive increase, multiplicative decrease (RFC 5681, as TCP finds its
 * share). Kept with the rule, so the fleet shares it.
 *
 *     rate  1.0 ──┐flood          ╭──── 1.0        each flood × 0.8, then + 0.1 a minute
 *           0.8   └────╮flood  ╭──╯
 *           0.64       └───────╯
 */
export interface Pace {
  /** Parts per million at `since`. */
  rate: number;
  /** Server time from which it recovers. */
  since: number;
}

/** The rate in force. A charge without a ceiling is not adaptive. */
export function rateOf({ ceiling = 0 }: Pick<RuleCharge, "ceiling">, pace: Pace, now: number): number {
  if (ceiling === 0) return nominal;
  if (pace.rate >= nominal) return Math.min(pace.rate, ceiling);
  return Math.min(nominal, pace.rate + Math.floor(Math.max(0, now - pace.since) / recoverUs));
}

/** The charge as the rate in force makes it: a bucket refills more slowly, a window has fewer places. */
export function paced(charge: RuleCharge, pace: Pace, now: number): RuleCharge {
  if (pace.rate === nominal) return charge;
  const rate = rateOf(charge, pace, now);
  return rate === nominal ? charge : { ...charge, params: at(rate, charge.params) };
}

function at(rate: number, params: RuleParams): RuleParams {
  if (params.kind === "bucket") {
    return { ...params, intervalUs: Math.ceil((params.intervalUs * nominal) / rate) };
  }
  if (params.kind === "gate") return params;
  return { ...params, limit: Math.max(1, Math.floor((params.limit * rate) / nominal)) };
}

/** After a flood. Only the first 429 of a flood counts: the others were on their way. */
export function slowDown(charge: RuleCharge, pace: Pace & SentState, now: number, thaw: number): void {
  if ((charge.ceiling ?? 0) === 0 || charge.params.kind === "gate") return;
  const rate = rateOf(charge, pace, now);
  pace.rate = Math.max(kept.least, Math.floor((rate * kept.part) / kept.of));
  pace.since = thaw;
  drainSent(paced(charge, pace, thaw), pace, thaw);
}

/** A message waited for this rule, so that there is more to send than it lets through: is there more room? */
export function speedUp(charge: RuleCharge, pace: Pace, now: number): void {
  const { ceiling = 0 } = charge;
  if (ceiling <= nominal) return;
  const rate = rateOf(charge, pace, now);
  if (rate >= nominal) pace.rate = Math.min(ceiling, rate + probe);
}

/** Server time at which a rule that was slowed down is as before. */
export function recoversAt(pace: Pace): number {
  return pace.rate < nominal ? pace.since + (nominal - pace.rate) * recoverUs : 0;
}
