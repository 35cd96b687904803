/** Lets a limited number of deliveries run at a time. */
export class Slots {
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  /** Takes a place, waiting for one while all `max` are taken. */
  async take(max: number): Promise<void> {
    while (this.#taken >= max) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#taken++;
  }

  /** Gives a place back. */
  give(): void {
    this.#taken--;
    this.#waiting.shift()?.();
  }
}
