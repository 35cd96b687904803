import type { Clock } from "../clock.js";
import type { Events, GuardEvents } from "./events.js";

/** What an event of a freeze tells besides how long it lasts. */
type Freeze = Omit<GuardEvents["freeze"], "frozenMs">;

interface Frozen {
  readonly from: number;
  until: number;
}

/**
 * Tells of freezes and thaws as this process meets them: nothing is asked of the store, and of several 429s in one
 * flood only what they add counts as frozen.
 *
 *     429 (3 s)      429 (2 s)
 *     ├──────────────┼─────── + 1 s ──┤ thaw: 4 s
 */
export class Freezes {
  readonly #events: Events;
  readonly #clock: Clock;
  readonly #frozen = new Map<string, Frozen>();

  constructor(events: Events, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** @param key whose rule it is, unique within the bot */
  begin(key: string, freeze: Freeze): void {
    const now = this.#clock.now();
    const name = `${freeze.bot}|${key}`;
    const known = this.#frozen.get(name);
    const standing = Math.max(now, known?.until ?? now);
    const until = Math.max(standing, now + freeze.retryAfterMs);
    this.#events.emit("freeze", { ...freeze, frozenMs: until - standing });
    if (known) known.until = until;
    else this.#watch(name, { from: now, until }, freeze);
  }

  /** A timer that keeps no process alive; where the freeze has grown meanwhile, another. */
  #watch(name: string, frozen: Frozen, { bot, chat, rule }: Freeze): void {
    this.#frozen.set(name, frozen);
    const watch = (): void => {
      const stop = this.#clock.every(Math.max(1, frozen.until - this.#clock.now()), () => {
        stop();
        if (this.#clock.now() < frozen.until) return watch();
        this.#frozen.delete(name);
        this.#events.emit("thaw", { bot, chat, rule, frozenMs: frozen.until - frozen.from });
      });
    };
    watch();
  }
}
