import { types } from "node:util";
import { ConfigurationError } from "../errors.js";
import { sha256 } from "../fingerprint/hash.js";

/** Deeper than anything that names an operation, shallow enough for every stack. */
const deepest = 512;

/**
 * JSON-like parts as one text: equal for equal parts, in whatever order their fields stand, and different
 * for different ones. Unlike a payload's canonical form, which follows Telegram, null is not absent here:
 * setting a field to null and leaving it alone are two operations.
 *
 * @throws ConfigurationError for what has no one spelling (functions, Maps, class instances, NaN, cycles);
 * names the place, never a value
 */
export function spelled(parts: unknown): string {
  if (parts === undefined) throw unspeakable([], "undefined: there is nothing to make a key of");
  return spell(parts, [], []);
}

type Path = readonly (string | number)[];

function spell(value: unknown, path: Path, above: readonly object[]): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "number":
      if (Number.isFinite(value)) return JSON.stringify(value);
      throw unspeakable(path, `${value}: JSON has no such number`);
    case "bigint":
      return `n${value}`;
    case "undefined":
      return "u";
    case "object":
      return value === null ? "null" : spellObject(value, path, above);
    default:
      throw unspeakable(path, `a ${typeof value}: pass what it stands for, e.g. its name`);
  }
}

function spellObject(value: object, path: Path, above: readonly object[]): string {
  if (above.includes(value)) throw unspeakable(path, "an object that contains itself");
  if (above.length >= deepest) throw unspeakable([], `nested deeper than ${deepest} levels`);
  const inside = [...above, value];
  if (ArrayBuffer.isView(value)) return spellBytes(value);
  if (types.isBoxedPrimitive(value)) return spell(value.valueOf(), path, above);
  const { toJSON } = value as { readonly toJSON?: unknown };
  if (typeof toJSON === "function") return spell(toJSON.call(value, String(path.at(-1) ?? "")), path, inside);
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, i) => spell(item, [...path, i], inside)).join()}]`;
  }
  if (!isPlain(value)) {
    throw unspeakable(path, "neither a plain object nor a list: pass its data, e.g. { ...it } or [...it]");
  }
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([one], [other]) => (one < other ? -1 : 1));
  const texts = fields.map(
    ([name, field]) => `${JSON.stringify(name)}:${spell(field, [...path, name], inside)}`,
  );
  return `{${texts.join()}}`;
}

function spellBytes(view: ArrayBufferView): string {
  return `b${sha256(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))}`;
}

/** Also of another realm, whose Object.prototype is not ours. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unspeakable(path: Path, what: string): ConfigurationError {
  const place = path
    .map((name) => (typeof name === "number" ? `[${name}]` : `.${name.slice(0, 40)}`))
    .join("");
  return new ConfigurationError(`generateKey(parts): parts${place} is ${what}`);
}
