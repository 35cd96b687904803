/** Open, or shut until somebody opens it. */
export class Gate {
  #shut: Promise<void> | undefined;
  #release: () => void = () => {};

  get isShut(): boolean {
    return this.#shut !== undefined;
  }

  shut(): void {
    this.#shut ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  open(): void {
    this.#release();
    this.#shut = undefined;
  }

  /** Resolves when it is open, also when it was shut once more meanwhile. */
  async pass(): Promise<void> {
    while (this.#shut) await this.#shut;
  }
}
