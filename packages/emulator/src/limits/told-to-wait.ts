/** Remembers until when each chat and bot was told to wait, so that a request sent before then can be recognised. */
export class ToldToWait {
  readonly #until = new Map<string, number>();

  /** Remembers a wait until `until` (ms since 1970); a longer one told earlier stands. */
  tell(who: string, until: number): void {
    this.#until.set(who, Math.max(until, this.#until.get(who) ?? 0));
  }

  /** Milliseconds that `who` still has to wait at `now`; 0 when free. */
  remainingMs(who: string, now: number): number {
    return Math.max(0, (this.#until.get(who) ?? 0) - now);
  }
}
