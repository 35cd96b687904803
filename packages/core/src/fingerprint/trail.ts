import { ConfigurationError } from "../errors.js";
import { payloadPath } from "./payload-path.js";

/** Deeper than any Bot API payload, shallow enough for every stack. */
const deepest = 512;

/**
 * The way from the payload down to the value being read: finds cycles and bottomless nesting, and knows
 * where it is when an error has to say so. Counted in, counted out; nothing is kept per payload.
 */
export class Trail {
  readonly #containers: object[] = [];
  readonly #names: (string | number)[] = [];

  /** 0 at the payload itself. */
  get depth(): number {
    return this.#containers.length;
  }

  /**
   * Steps into an object or a list.
   * @throws ConfigurationError when it is its own ancestor, or nested deeper than 512
   */
  enter(container: object, name: string | number): void {
    // Payloads are a handful of levels deep, where a scan beats a Set.
    const ancestor = this.#containers.indexOf(container);
    if (ancestor >= 0) throw this.#cycle(ancestor);
    if (this.depth > 0) this.#names.push(name);
    this.#containers.push(container);
    if (this.depth > deepest) throw this.#tooDeep();
  }

  /** Steps out again. */
  leave(): void {
    this.#containers.pop();
    this.#names.pop();
  }

  /** The error for a BigInt under `name`. */
  bigInt(name: string | number): ConfigurationError {
    const path = payloadPath(this.depth > 0 ? [...this.#names, name] : []);
    return new ConfigurationError(`${path} is a BigInt; JSON cannot carry it, convert it to a string`);
  }

  #cycle(ancestor: number): ConfigurationError {
    const path = payloadPath(this.#names.slice(0, ancestor));
    return new ConfigurationError(`${path} contains itself; Telegram payloads are JSON, remove the cycle`);
  }

  #tooDeep(): ConfigurationError {
    const path = payloadPath(this.#names);
    return new ConfigurationError(`${path} is nested deeper than ${deepest} levels; flatten it`);
  }
}
