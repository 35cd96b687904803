import type { Call } from "../call.js";
import { ConfigurationError } from "../errors.js";
import { ruleNames } from "../limiter/rules.js";
import { methodClass } from "../methods.js";
import { describe, knownNames, positiveWhole } from "../validate.js";

/** "At most `limit` at once": one entry of the option `caps`. */
export interface CapOptions {
  /** So many requests may be open at once, in the whole fleet. Equal in all processes, or each keeps to its own. */
  readonly limit: number;
  /**
   * The methods that share the slots, or a predicate for what a list cannot say. Methods that are never held back
   * (`get*`, `set*`, `answer*`) have no place in a list and are not asked about. What a predicate throws reaches the
   * caller, and nothing is sent.
   */
  readonly methods: readonly string[] | ((call: Call) => boolean);
}

/** A cap, checked. */
export interface Cap {
  readonly name: string;
  readonly limit: number;
  readonly covers: (call: Call) => boolean;
}

/**
 * Checks the option `caps`.
 * @throws ConfigurationError naming the field and the remedy
 */
export function resolveCaps(given: { readonly [name: string]: CapOptions } = {}): readonly Cap[] {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new ConfigurationError(
      `\`caps\` must be an object of caps by name, as in { uploads: { limit: 4, methods: ["sendVideo"] } }; got ${describe(given)}`,
    );
  }
  return Object.freeze(Object.entries(given).map(([name, cap]) => resolveCap(name, cap)));
}

/** Refusals and events tell which rule said no: a cap of a rule's name could not be told from it. */
const taken: readonly string[] = [...ruleNames, "method"];

function resolveCap(name: string, options: CapOptions): Cap {
  if (!/^[\w-]{1,32}$/.test(name)) {
    throw new ConfigurationError(`the names in \`caps\` must be 1 to 32 letters, digits, "_" or "-"`);
  }
  if (taken.includes(name)) {
    throw new ConfigurationError(`\`caps.${name}\` is the name of a rule; give the cap another`);
  }
  knownNames(`\`caps.${name}\``, options, ["limit", "methods"]);
  positiveWhole(`\`caps.${name}.limit\``, options.limit, "requests");
  return Object.freeze({ name, limit: options.limit, covers: coverOf(name, options.methods) });
}

function coverOf(name: string, methods: CapOptions["methods"]): Cap["covers"] {
  if (typeof methods === "function") return methods;
  if (!Array.isArray(methods) || methods.length === 0 || !methods.every((one) => typeof one === "string")) {
    throw new ConfigurationError(
      `\`caps.${name}.methods\` must be a list of Bot API methods or a function of the call; got ${describe(methods)}`,
    );
  }
  const free = methods.find((method) => neverHeld.has(methodClass(method)));
  if (free !== undefined) {
    throw new ConfigurationError(
      `\`caps.${name}.methods\` names ${free.slice(0, 40)}, which is never held back; take it off the list`,
    );
  }
  // Telegram ignores case in method names.
  const listed = new Set(methods.map((method: string) => method.toLowerCase()));
  return ({ method }) => listed.has(method.toLowerCase());
}

const neverHeld: ReadonlySet<string> = new Set(["pass", "poll"]);
