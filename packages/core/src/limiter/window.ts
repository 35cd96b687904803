import type { WindowParams } from "../store/port.js";

/**
 * Exact trailing window as the sorted times at which each taken place becomes free again, on the rule's own
 * clock, in µs. One message, one place:
 *
 *     turn reserved   free at turn   + margin + period
 *     SENDING mark    free at mark   + margin + period     the server may count it as late as that
 *     settled         free at settle          + period     by then the server has counted it
 *
 * A place is named by its time, so no two are equal (one is moved by 1 µs).
 */
export type Places = number[];

/** Places that a cost takes: above the limit, all of them. */
export const placesFor = (params: WindowParams, cost: number): number => Math.min(cost, params.limit);

/** Forgets places that are free again. */
export function prune(places: Places, now: number): void {
  let free = 0;
  while (free < places.length && places[free]! <= now) free++;
  if (free > 0) places.splice(0, free);
}

/** When `cost` places are free, given every place that is taken or reserved. */
export function windowTurn(params: WindowParams, places: Places, now: number, cost: number): number {
  const mustBeFree = places.length - (params.limit - placesFor(params, cost)) - 1;
  return mustBeFree < 0 ? now : Math.max(now, places[mustBeFree]!);
}

/** Takes `cost` places that become free at `freeAt` (made unique); answers them. */
export function takePlaces(places: Places, count: number, freeAt: number): number[] {
  const taken: number[] = [];
  for (let i = 0; i < count; i++) taken.push(insertUnique(places, freeAt));
  return taken;
}

/** Gives up places by their names; ones that have run out are not there any more. */
export function dropPlaces(places: Places, taken: readonly number[]): void {
  for (const name of taken) {
    const at = indexOf(places, name);
    if (places[at] === name) places.splice(at, 1);
  }
}

/**
 * When places that were reserved earlier may be used: those ahead of them may have been sent later than
 * planned, and then they are free later too. Who comes late has everybody ahead who could have been sent by
 * now; its own places may have run out meanwhile.
 */
export function windowReady(
  params: WindowParams,
  places: Places,
  taken: readonly number[],
  turn: number,
  now: number,
): number {
  const own = indexOf(places, taken[0] ?? 0);
  const sentNow = now + params.marginUs + params.periodUs;
  // Equal times are moved by a microsecond each, so by no more than there are places.
  const end = Math.max(own, indexOf(places, sentNow + places.length + 1));
  const held = taken.filter((name) => isHeld(places, name, end)).length;
  // A limit that shrank meanwhile does not take back what was given.
  const mustBeFree = end - held - Math.max(0, params.limit - taken.length) - 1;
  if (mustBeFree < 0) return turn;
  return Math.max(turn, places[mustBeFree < own ? mustBeFree : mustBeFree + held]!);
}

/** Places free now. */
export const placesLeft = (params: WindowParams, places: Places, now: number): number =>
  params.limit - (places.length - indexOf(places, now + 1));

function insertUnique(places: Places, wanted: number): number {
  let at = indexOf(places, wanted);
  let name = wanted;
  while (places[at] === name) {
    name++;
    at++;
  }
  places.splice(at, 0, name);
  return name;
}

function isHeld(places: Places, name: number, end: number): boolean {
  const at = indexOf(places, name);
  return at < end && places[at] === name;
}

/** Index of the first place that is not before `time`. */
function indexOf(places: Places, time: number): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (places[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
