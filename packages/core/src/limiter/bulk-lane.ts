import type { BucketParams } from "../store/port.js";
import { type BucketState, bucketTurn, tokensFor } from "./bucket.js";

/**
 * Where `bulk` waits for a bucket: in a lane of its own that takes no tokens before it sends, so that nobody else
 * stands behind it. Turns in the lane are first come first served, on a clock of their own: each message of
 * somebody else that pays meanwhile makes all of them come later, in the same order and spacing.
 *
 *     tokens        n   b   n   n   b   b        n: normal, high or a reply    b: bulk
 *     lane's clock  ─┐  ├───┐   ┐   ├───┤        stands still while others pay
 */
export function laneTurn(params: BucketParams, state: BucketState, now: number, cost: number): number {
  return Math.max(bucketTurn(params, state, now, cost), state.lane + state.pushed);
}

/** Waits in the lane; answers the turn on the lane's clock. */
export function joinLane(params: BucketParams, state: BucketState, turn: number, cost: number): number {
  const inLane = turn - state.pushed;
  state.lane = inLane + tokensFor(params, cost) * params.intervalUs;
  return inLane;
}

/** Somebody else has taken tokens: who waits in the lane goes later by as much. */
export function pushLane(state: BucketState, now: number, byUs: number): void {
  if (state.lane + state.pushed > now) state.pushed += byUs;
}

/** The newest who waits leaves no gap; an older one does, and nobody's turn moves. */
export function leaveLane(state: BucketState, left: { readonly turn: number; readonly full: number }): void {
  if (state.lane === left.full) state.lane = left.turn;
}
