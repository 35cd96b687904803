import type { RuleCharge } from "../store/port.js";
import { tokensFor } from "./bucket.js";

/**
 * What really went out of a bucket, beside the turns that it has handed out. The two part when somebody uses a turn
 * late, when tokens are lost because nobody used them, and when the rate falls after turns were handed out: then
 * who comes for a turn finds this in the way. Charges are given at the rate in force.
 */
export interface SentState {
  /** When the bucket would be full again by what was really sent, in server time; 0 while nobody waits. */
  sent: number;
}

/** From the first turn that is reserved on: until then everything went out when it was paid. */
export function followSent(state: SentState, fullAt: number): void {
  if (state.sent === 0) state.sent = fullAt;
}

/** After a flood a sixth of the burst is left. */
export function drainSent({ params }: RuleCharge, state: SentState, thaw: number): void {
  if (params.kind !== "bucket") return;
  state.sent = Math.max(state.sent, thaw + Math.floor((params.capacity * 5) / 6) * params.intervalUs);
}

/** Server time before which nothing more may go out that waits. */
export function heldUntil({ params, cost, mode }: RuleCharge, { sent }: SentState): number {
  if (params.kind !== "bucket" || mode === "debit" || sent === 0) return 0;
  return sent - (params.capacity - tokensFor(params, cost)) * params.intervalUs;
}

/** A request goes out. One that is not waited for overdraws: turns that are handed out later pay, none before. */
export function countSent({ params, cost, mode }: RuleCharge, state: SentState, now: number): void {
  if (params.kind !== "bucket" || mode === "debit" || state.sent === 0) return;
  state.sent = Math.max(state.sent, now) + tokensFor(params, cost) * params.intervalUs;
}
