import type { BucketParams } from "../store/port.js";

/**
 * Token bucket as one integer, the generic cell rate algorithm (ITU-T I.371): `full` is the time at which
 * the bucket will be full again (the theoretical arrival time). All times on the rule's own clock, in µs.
 */
export interface BucketState {
  full: number;
  /** When the last `bulk` call that waits would have left room for another; on the lane's clock, see bulk-lane.ts. */
  lane: number;
  /** How much later everybody's messages made those that wait in the lane. */
  pushed: number;
}

/** Tokens that a cost takes: above the capacity, the whole bucket. */
export const tokensFor = (params: BucketParams, cost: number): number => Math.min(cost, params.capacity);

/** When `cost` may go: now, or the time at which that many tokens are there. */
export function bucketTurn(params: BucketParams, state: BucketState, now: number, cost: number): number {
  return Math.max(now, state.full - (params.capacity - tokensFor(params, cost)) * params.intervalUs);
}

/** Takes the tokens at `turn`. */
export function takeAt(params: BucketParams, state: BucketState, turn: number, cost: number): void {
  state.full = Math.max(state.full, turn) + tokensFor(params, cost) * params.intervalUs;
}

/**
 * Takes the tokens without waiting for them; at most one capacity of debt can pile up. More than that stands there
 * only where turns are reserved ahead: then they are who pays, by as much as is answered here, in µs.
 */
export function debitAt(params: BucketParams, state: BucketState, now: number, cost: number): number {
  const price = tokensFor(params, cost) * params.intervalUs;
  const deepest = now + 2 * params.capacity * params.intervalUs;
  if (state.full > deepest) return price;
  state.full = Math.min(Math.max(state.full, now) + price, deepest);
  return 0;
}

/** A turn that was used later than planned refills later too: the far side counts from the real send. */
export function sentAt(params: BucketParams, state: BucketState, now: number, cost: number): void {
  state.full = Math.max(state.full, now + tokensFor(params, cost) * params.intervalUs);
}

/** Whole tokens there now; negative when overdrawn or reserved ahead. */
export function tokensLeft(params: BucketParams, state: BucketState, now: number): number {
  return params.capacity - Math.ceil(Math.max(0, state.full - now) / params.intervalUs);
}
