import { type Fields, identifier } from "./reading.js";

const deepest = 4;
const mostCharacters = 1024;

/**
 * What minimal storage keeps of a result that is no message: numbers, flags and identifiers under names that
 * hold identifiers. Never a title, never a sentence. A link or token that *is* the result stays as it is.
 *
 * @returns JSON; undefined when nothing is left, or too much
 */
export function bareJson(result: unknown): string | undefined {
  const json = JSON.stringify(typeof result === "string" ? result : bare("", result, 0));
  return json !== undefined && json.length <= mostCharacters ? json : undefined;
}

function bare(name: string, value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "number":
    case "boolean":
      return value;
    case "string":
      return name === "type" || /(^|_)id$/.test(name) ? identifier(value) : undefined;
    case "object":
      if (value === null) return null;
      return depth < deepest ? bareObject(name, value, depth) : undefined;
    default:
      return undefined;
  }
}

function bareObject(name: string, value: object, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(name, item, depth + 1));
  const fields = value as Fields;
  const names = Object.keys(fields).filter((key) => identifier(key) !== undefined);
  return Object.fromEntries(names.map((key) => [key, bare(key, fields[key], depth + 1)]));
}
