import type { RuleCharge, RuleStats } from "../store/port.js";
import { freshPace, type Pace, paced, rateOf, recoversAt, speedUp } from "./adaptive.js";
import { type BucketState, bucketTurn, debitAt, sentAt, takeAt, tokensFor, tokensLeft } from "./bucket.js";
import { type FrozenClock, frozenFor, localTime, serverTime } from "./frozen-clock.js";
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
export interface RuleState extends FrozenClock, BucketState, Pace {
  places: Places;
}

/** What a call has paid to one rule: enough to restamp it or to give it back. On the rule's own clock. */
export interface Paid {
  /** When the call may go. */
  turn: number;
  /** Bucket: `full` right after paying, and by how much it rose. */
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
  normal: 0,
  places: [],
  ...freshPace(),
});

/** Server time at which `charge` may go, if it asked now. Changes nothing. */
export function turnOf(charge: RuleCharge, state: RuleState, now: number): number {
  return serverTime(state, localTurn(paced(charge, state, now), state, localTime(state, now)), now);
}

function localTurn({ params, cost, mode, priority }: RuleCharge, state: RuleState, now: number): number {
  if (params.kind === "gate") return now;
  if (mode === "debit") return now;
  if (params.kind === "window") return windowTurn(params, state.places, now, cost);
  const turn = bucketTurn(params, state, now, cost);
  return priority === "bulk" ? Math.max(turn, state.normal) : turn;
}

/** Takes the turn that `turnOf` told. */
export function pay(given: RuleCharge, state: RuleState, now: number): Paid {
  const charge = paced(given, state, now);
  const local = localTime(state, now);
  const turn = localTurn(charge, state, local);
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
  const before = Math.max(state.full, turn);
  if (charge.mode === "debit") debitAt(params, state, local, cost);
  else takeAt(params, state, turn, cost);
  if (charge.mode === "wait" && charge.priority !== "bulk" && turn > local) state.normal = turn;
  return { turn, full: state.full, rose: state.full - before, places: nothing };
}

/** Server time at which a turn taken earlier may be used. */
export function readyAt(charge: RuleCharge, state: RuleState, paid: Paid, now: number): number {
  const { params } = paced(charge, state, now);
  if (params.kind !== "window" || charge.mode === "debit") return serverTime(state, paid.turn, now);
  const turn = windowReady(params, state.places, paid.places, paid.turn, localTime(state, now));
  return serverTime(state, turn, now);
}

/** A turn that has to come later than told (others were late): its places move with it. */
export function postpone(charge: RuleCharge, state: RuleState, paid: Paid, at: number): void {
  const { params } = charge;
  const turn = at - state.shift;
  if (params.kind !== "window" || turn <= paid.turn) return;
  paid.turn = turn;
  restamp(state, paid, turn + params.marginUs + params.periodUs);
}

/** The request goes out now: later than planned means free later. */
export function markSending(charge: RuleCharge, state: RuleState, paid: Paid, now: number): void {
  const { params, cost, mode } = paced(charge, state, now);
  const local = localTime(state, now);
  if (params.kind === "window") restamp(state, paid, local + params.marginUs + params.periodUs);
  if (params.kind !== "bucket" || mode === "debit" || local <= paid.turn) return;
  const before = state.full;
  sentAt(params, state, local, cost);
  if (before === paid.full) paid.full = state.full;
}

/** Telegram has answered: by now it has counted the message. */
export function markSettled(charge: RuleCharge, state: RuleState, paid: Paid, now: number): void {
  if (charge.params.kind === "window") restamp(state, paid, localTime(state, now) + charge.params.periodUs);
}

/** The newest turn is given back whole; an older one of a bucket leaves a gap, so that no later turn moves. */
export function giveBack(charge: RuleCharge, state: RuleState, paid: Paid): void {
  if (charge.params.kind === "window") dropPlaces(state.places, paid.places);
  else if (charge.params.kind === "bucket" && state.full === paid.full) state.full -= paid.rose;
}

/** Server time at which the rule is full again and runs: from then on it has no state. */
export function restsAt(state: RuleState): number {
  const last = state.places.at(-1) ?? 0;
  return Math.max(state.thaw, recoversAt(state), Math.max(state.full, last) + state.shift);
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
