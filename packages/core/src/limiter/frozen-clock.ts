/**
 * The clock of one rule. A flood stops it, so that every turn handed out earlier comes later in the same
 * order and spacing, without touching the turns themselves:
 *
 *     server time  0 ───── 10 ═══ frozen ═══ 14 ────▶
 *     rule's clock 0 ───── 10 ────────────── 10 ────▶     shift = 4
 */
export interface FrozenClock {
  /** Server microseconds that the clock has stood still, in all. */
  shift: number;
  /** Server time at which it runs again; in the past when it runs. */
  thaw: number;
}

/** What the rule's clock shows at server time `now`. */
export function localTime(clock: FrozenClock, now: number): number {
  return Math.max(now, clock.thaw) - clock.shift;
}

/** Server time at which the rule's clock will show `local`; never before the thaw. */
export function serverTime(clock: FrozenClock, local: number, now: number): number {
  const at = local + clock.shift;
  return now < clock.thaw ? Math.max(at, clock.thaw) : at;
}

/** Stops the clock until `until`. A later thaw that is already known is never shortened. */
export function stopUntil(clock: FrozenClock, now: number, until: number): void {
  const from = Math.max(now, clock.thaw);
  if (until <= from) return;
  clock.shift += until - from;
  clock.thaw = until;
}

/** Microseconds until the clock runs again. */
export function frozenFor(clock: FrozenClock, now: number): number {
  return Math.max(0, clock.thaw - now);
}
