import type { RuleCharge, RuleStats } from "../store/port.js";
import { nominal, type Pace, paced, rateOf, recoversAt, speedUp } from "./adaptive.js";
import { type BucketState, bucketTurn, debitAt, sentAt, takeAt, tokensFor, tokensLeft } from "./bucket.js";
import { joinLane, laneTurn, leaveLane, pushLane } from "./bulk-lane.js";
import { type FrozenClock, frozenFor, localTime, serverTime } from "./frozen-clock.js";
import { countSent, followSent, heldUntil, type SentState } from "./sent.js";
import {
  dropPlaces,
  type Places,
  placesFor,
  placesLeft,
  prune,
  takePlaces,
  windowReady,
  windowTurn,
} from "./window.js";

/** All that is kept of one rule. Minimal, and worthless once `restsAt` has passed: a full rule has no state. */
export interface RuleState extends FrozenClock, BucketState, SentState, Pace {
  places: Places;
}

/** What a call has paid to one rule: enough to restamp it or to give it back. On the rule's own clock. */
export interface Paid {
  /** When the call may go. Of a call that waits in the lane: on the lane's clock. */
  turn: number;
  /** Bucket: `full` (in the lane: `lane`) right after paying, and by how much it rose: not at all in the lane. */
  full: number;
  rose: number;
  /** Window: the places taken. */
  places: readonly number[];
}

const nothing: readonly number[] = Object.freeze([]);

export const freshRule = (): RuleState => ({
  shift: 0,
  thaw: 0,
  full: 0,
  sent: 0,
  lane: 0,
  pushed: 0,
  places: [],
  rate: nominal,
  since: 0,
});

/** Server time at which `charge` may go, if it asked now. Changes nothing. */
export function turnOf(charge: RuleCharge, state: RuleState, now: number): number {
  return serverTime(state, turnWithin(charge, state, now), now);
}

/** On the rule's own clock. */
function turnWithin(charge: RuleCharge, state: RuleState, now: number): number {
  const inForce = paced(charge, state, now);
  const turn = localTurn(inForce, state, localTime(state, now));
  return Math.max(turn, heldUntil(inForce, state) - state.shift);
}

function localTurn({ params, cost, mode, priority }: RuleCharge, state: RuleState, now: number): number {
  if (params.kind === "gate") return now;
  if (mode === "debit") return now;
  if (params.kind === "window") return windowTurn(params, state.places, now, cost);
  return priority === "bulk" ? laneTurn(params, state, now, cost) : bucketTurn(params, state, now, cost);
}

/** Takes the turn that `turnOf` told. */
export function pay(given: RuleCharge, state: RuleState, now: number): Paid {
  const charge = paced(given, state, now);
  const local = localTime(state, now);
  const turn = turnWithin(given, state, now);
  if (charge.mode === "wait" && turn > local) speedUp(given, state, now);
  const { params, cost } = charge;
  if (params.kind === "gate") return { turn, full: 0, rose: 0, places: nothing };
  if (params.kind === "window") {
    prune(state.places, local);
    const freeAt = turn + params.marginUs + params.periodUs;
    const room = charge.mode === "debit" ? 2 * params.limit - state.places.length : params.limit;
    const places = takePlaces(state.places, Math.min(placesFor(params, cost), room), freeAt);
    return { turn, full: 0, rose: 0, places };
  }
  if (turn > local) followSent(state, Math.max(state.full, local) + state.shift);
  if (charge.priority === "bulk" && turn > local) {
    return { turn: joinLane(params, state, turn, cost), full: state.lane, rose: 0, places: nothing };
  }
  const before = Math.max(state.full, turn);
  if (charge.mode === "debit") state.shift += debitAt(params, state, local, cost);
  else takeAt(params, state, turn, cost);
  if (charge.priority !== "bulk") pushLane(state, local, tokensFor(params, cost) * params.intervalUs);
  return { turn, full: state.full, rose: state.full - before, places: nothing };
}

/** Waits in the lane of a bucket, where nothing is taken before it sends. */
const isInLane = ({ params, mode, priority }: RuleCharge, paid: Paid): boolean =>
  params.kind === "bucket" && priority === "bulk" && mode === "wait" && paid.rose === 0;

/** Server time at which a turn taken earlier may be used. */
export function readyAt(given: RuleCharge, state: RuleState, paid: Paid, now: number): number {
  const charge = paced(given, state, now);
  return Math.max(turnReadyAt(charge, state, paid, now), heldUntil(charge, state));
}

/** The charge is given at the rate in force. */
function turnReadyAt(charge: RuleCharge, state: RuleState, paid: Paid, now: number): number {
  const { params, cost, mode } = charge;
  const local = localTime(state, now);
  if (params.kind === "bucket" && isInLane(charge, paid)) {
    const free = bucketTurn(params, state, local, cost);
    return serverTime(state, Math.max(paid.turn + state.pushed, free), now);
  }
  const lost = lostTokens(charge, state, paid, local);
  if (params.kind === "bucket" && lost > 0) {
    const free = state.full + lost - params.capacity * params.intervalUs;
    return serverTime(state, Math.max(local, free), now);
  }
  if (params.kind !== "window" || mode === "debit") return serverTime(state, paid.turn, now);
  const turn = windowReady(params, state.places, paid.places, paid.turn, local);
  return serverTime(state, turn, now);
}

/**
 * A turn that has to come later than told (others were late): its places move with it. Where the rate in force holds
 * it back, everybody behind it comes later with it.
 */
export function postpone(charge: RuleCharge, state: RuleState, paid: Paid, at: number): void {
  const { params } = charge;
  const turn = at - state.shift;
  if (params.kind === "bucket") holdBack(charge, state, paid, at);
  if (params.kind !== "window" || turn <= paid.turn) return;
  paid.turn = turn;
  restamp(state, paid, turn + params.marginUs + params.periodUs);
}

/** By one message's time and no more: each of those behind is held back in its turn. */
function holdBack(charge: RuleCharge, state: RuleState, paid: Paid, at: number): void {
  const { params, cost } = paced(charge, state, at);
  if (params.kind !== "bucket" || at <= state.thaw || state.sent === 0) return;
  const inLane = isInLane(charge, paid);
  const own = paid.turn + state.shift + (inLane ? state.pushed : 0);
  const byUs = Math.min(Math.max(0, at - own), tokensFor(params, cost) * params.intervalUs);
  if (inLane) state.pushed += byUs;
  else state.shift += byUs;
}

/** The request goes out now: later than planned means free later. */
export function markSending(given: RuleCharge, state: RuleState, paid: Paid, now: number): void {
  countSent(paced(given, state, now), state, now);
  markOpen(given, state, paid, now);
}

/** The request is open still: Telegram may count it as late as this, but no second time. */
export function markOpen(given: RuleCharge, state: RuleState, paid: Paid, now: number): void {
  const charge = paced(given, state, now);
  const { params, cost, mode } = charge;
  const local = localTime(state, now);
  if (params.kind === "window") restamp(state, paid, local + params.marginUs + params.periodUs);
  const lost = lostTokens(charge, state, paid, local);
  if (params.kind === "bucket" && lost > 0) {
    // Where others have paid since, what is left of the first payment stands before theirs and leaves a gap.
    const rose = state.full === paid.full ? tokensFor(params, cost) * params.intervalUs : lost;
    state.full = Math.max(state.full, local) + lost;
    Object.assign(paid, { turn: local, full: state.full, rose });
    return;
  }
  if (params.kind === "bucket" && isInLane(charge, paid)) {
    takeAt(params, state, local, cost);
    Object.assign(paid, { turn: local, full: state.full, rose: tokensFor(params, cost) * params.intervalUs });
    return;
  }
  if (params.kind !== "bucket" || mode === "debit" || local <= paid.turn) return;
  const before = state.full;
  sentAt(params, state, local, cost);
  if (before === paid.full) paid.full = state.full;
}

/**
 * What of a call's own tokens has run off again, in µs of refill, because it comes later than its turn and nobody
 * else waits. It takes them anew, or it would go out beside somebody who has just taken the last one.
 */
function lostTokens(charge: RuleCharge, { sent }: RuleState, paid: Paid, local: number): number {
  const { params, cost, mode } = charge;
  if (params.kind !== "bucket" || mode === "debit" || sent !== 0 || isInLane(charge, paid)) return 0;
  const price = tokensFor(params, cost) * params.intervalUs;
  return Math.min(price, Math.max(0, price - (paid.full - local)));
}

/** Telegram has answered: by now it has counted the message. */
export function markSettled(charge: RuleCharge, state: RuleState, paid: Paid, now: number): void {
  if (charge.params.kind === "window") restamp(state, paid, localTime(state, now) + charge.params.periodUs);
}

/** The newest turn is given back whole; an older one of a bucket leaves a gap, so that no later turn moves. */
export function giveBack(charge: RuleCharge, state: RuleState, paid: Paid): void {
  if (charge.params.kind === "window") dropPlaces(state.places, paid.places);
  else if (charge.params.kind === "bucket" && isInLane(charge, paid)) leaveLane(state, paid);
  else if (charge.params.kind === "bucket" && state.full === paid.full) state.full -= paid.rose;
}

/** What is left of a rule that was found; a rule at rest has no state, and is not looked at. */
export const atWork = (found: RuleState | undefined, now: number): RuleState | undefined =>
  found && restsAt(found) > now ? found : undefined;

/** Server time at which the rule is full again and runs: from then on it has no state. */
export function restsAt(state: RuleState): number {
  const last = state.places.at(-1) ?? 0;
  const lane = state.lane + state.pushed;
  return Math.max(state.thaw, state.sent, recoversAt(state), Math.max(state.full, lane, last) + state.shift);
}

/** One rule as `stats` shows it. */
export function describeRule(charge: RuleCharge, state: RuleState, now: number): RuleStats {
  return {
    name: charge.name,
    remaining: remaining(paced(charge, state, now), state, localTime(state, now)),
    waitUs: turnOf(charge, state, now) - now,
    resetUs: Math.max(0, restsAt(state) - now),
    frozenUs: frozenFor(state, now),
    rate: rateOf(charge, state, now) / 1e6,
  };
}

function remaining({ params }: RuleCharge, state: RuleState, now: number): number {
  if (params.kind === "bucket") return tokensLeft(params, state, now);
  return params.kind === "window" ? placesLeft(params, state.places, now) : 0;
}

function restamp(state: RuleState, paid: Paid, freeAt: number): void {
  dropPlaces(state.places, paid.places);
  paid.places = takePlaces(state.places, paid.places.length, freeAt);
}

/** Tokens or places that the charge takes. */
export function unitsOf({ params, cost }: RuleCharge): number {
  if (params.kind === "bucket") return tokensFor(params, cost);
  return params.kind === "window" ? placesFor(params, cost) : 0;
}
