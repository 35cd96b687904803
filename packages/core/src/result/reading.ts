/** Looking into values that came from elsewhere and may be anything. */

/** An object or list whose fields may be read. */
export type Fields = Readonly<Record<string, unknown>>;

/** The value as something with fields; undefined for primitives and null. */
export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null ? (value as Fields) : undefined;
}

/** The value, when it is a whole number that JSON carries exactly. */
export function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The value, when it looks like one of Telegram's identifiers: letters, digits, `_` and `-`, no sentence. */
export function identifier(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w-]{1,512}$/.test(value) ? value : undefined;
}

/** The object without its unknown fields: in a Telegram object what is not known is absent. */
export function known(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The named fields of a payload, as copies that nobody else holds. */
export function picked(source: Fields, ...names: readonly string[]): Record<string, unknown> {
  return known(Object.fromEntries(names.map((name) => [name, copyOf(source[name])])));
}

/** A copy as the wire would carry it; undefined for what it cannot carry. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return jsonPrimitive(value);
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    // A cycle, a BigInt, a file: it was not part of what was sent in this form either.
    return undefined;
  }
}

function jsonPrimitive(value: unknown): unknown {
  return ["string", "number", "boolean"].includes(typeof value) ? value : undefined;
}
