import { ConfigurationError } from "./errors.js";

/** Validators: each names the option, what it got (never a secret's value) and what to write instead. */

/** Applies a validator to an option that was given. */
export function check<T>(value: T | undefined, validate: (value: T) => void): void {
  if (value !== undefined) validate(value);
}

/**
 * Refuses anything but a plain object with known names: a misspelt option must not be silently ignored, and one that
 * every object of a process has was not given by the caller.
 */
export function knownNames(who: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ConfigurationError(`${who} takes an object of options; got ${describe(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new ConfigurationError(
        `${who}: unknown option \`${name.slice(0, 40)}\`; the options are ${names.join(", ")}`,
      );
    }
  }
  const inherited = names.find((name) => name in Object.prototype && !Object.hasOwn(options, name));
  if (inherited !== undefined) {
    throw new ConfigurationError(
      `${who}: Object.prototype has a property \`${inherited}\`, so every object seems to have that option; find out what in this process has put it there`,
    );
  }
}

export function oneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.includes(value as string)) return;
  const choices = allowed.map((choice) => JSON.stringify(choice)).join(" or ");
  throw new ConfigurationError(`${name} must be ${choices}; got ${describe(value)}`);
}

export function positiveWhole(name: string, value: unknown, unit: string): void {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= longestMs) return;
  throw new ConfigurationError(
    `${name} must be a whole number of ${unit}, at least 1; got ${describe(value)}`,
  );
}

export function nonNegative(name: string, value: unknown, unit: string): void {
  if (typeof value === "number" && value >= 0 && value <= longestMs) return;
  throw new ConfigurationError(`${name} must be a number of ${unit}, 0 or more; got ${describe(value)}`);
}

export function isFunction(name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new ConfigurationError(`${name} must be a function; got ${describe(value)}`);
}

/** A year: times beyond it are a mistake in the unit. */
const longestMs = 31_622_400_000;

/** Numbers and booleans as they are; of strings only the fact, since they may be secrets. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return value === "" ? "an empty string" : "another string";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "object" ? "an object" : typeof value;
}
