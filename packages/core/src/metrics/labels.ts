import { methodTable } from "../methods.js";

/** What stands for every name that is not worth a label of its own. */
export const other = "other";

const known: ReadonlyMap<string, string> = new Map(
  Object.values(methodTable)
    .flat()
    .map((name) => [name.toLowerCase(), name]),
);
const spelled: ReadonlySet<string> = new Set(known.values());

/** A method as a label: spelled as in the Bot API's documentation, or `"other"`, so that labels are bounded. */
export function methodLabel(method: string): string {
  return spelled.has(method) ? method : (known.get(method.toLowerCase()) ?? other);
}

/** Something for each name, for so many at most: those that come later share one under `"other"`. */
export class BoundedNames<T> {
  readonly #made = new Map<string, T>();
  readonly #make: (name: string) => T;
  readonly #most: number;

  constructor(most: number, make: (name: string) => T) {
    this.#make = make;
    this.#most = most;
  }

  /** The names that have one of their own. */
  get names(): string[] {
    return [...this.#made.keys()].filter((name) => name !== other);
  }

  of(name: string): T {
    const made = this.#made.get(name);
    if (made !== undefined) return made;
    const label = this.#made.size < this.#most ? name : other;
    const found = this.#made.get(label) ?? this.#make(label);
    this.#made.set(label, found);
    return found;
  }
}
