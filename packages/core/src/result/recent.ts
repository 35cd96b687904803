/**
 * What was said last, about `count` entries of it: at least the last `count / 2`, at most `count`. Two generations, the
 * older of which goes as a whole: a map from which something is deleted at each write costs several times as much.
 */
export class Recent<V> {
  readonly #perGeneration: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(count: number) {
    this.#perGeneration = Math.max(1, Math.floor(count / 2));
  }

  get(name: string): V | undefined {
    return this.#young.get(name) ?? this.#old.get(name);
  }

  set(name: string, value: V): void {
    this.#young.set(name, value);
    if (this.#young.size < this.#perGeneration) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
