import type { RuleParams } from "../store/port.js";

/** What a sum of costs comes to, in the terms that a store answers for. */
export interface FullLimits {
  /** What the store is to be asked for: no more than the whole limit. */
  readonly cost: number;
  /** How long the rest takes at the rule's own rate, in µs. */
  readonly fullUs: number;
}

/** A store tells when up to a whole limit could go; whole limits beyond that take their full time each. */
export function fullLimits(params: RuleParams, units: number): FullLimits {
  if (params.kind === "gate") return { cost: 1, fullUs: 0 };
  const limit = params.kind === "bucket" ? params.capacity : params.limit;
  const rounds = Math.ceil(units / limit) - 1;
  const roundUs = params.kind === "bucket" ? limit * params.intervalUs : params.periodUs;
  return { cost: units - rounds * limit, fullUs: rounds * roundUs };
}
