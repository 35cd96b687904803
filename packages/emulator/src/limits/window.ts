import type { WindowRule } from "./numbers.js";

/** An exact trailing window: remembers when each message was counted. */
export class TrailingWindow {
  #stamps: number[] = [];

  /** Milliseconds from `now` until `cost` places are free; 0 when they are. A cost above the limit needs the whole window. */
  waitMs(rule: WindowRule, cost: number, now: number): number {
    this.#forget(now - rule.perMs);
    const over = this.#stamps.length + Math.min(cost, rule.limit) - rule.limit;
    return over <= 0 ? 0 : this.#stamps[over - 1]! + rule.perMs - now;
  }

  /** Counts `cost` messages at `now`. */
  take(cost: number, now: number): void {
    for (let i = 0; i < cost; i++) this.#stamps.push(now);
  }

  #forget(upTo: number): void {
    const kept = this.#stamps.findIndex((stamp) => stamp > upTo);
    this.#stamps = kept < 0 ? [] : this.#stamps.slice(kept);
  }
}
