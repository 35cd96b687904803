import { types } from "node:util";

/**
 * What `JSON.stringify` makes of a value before it writes it: the answer of its `toJSON`, and the primitive
 * inside a `new Number(…)`. Bytes are left alone, because a Buffer's `toJSON` spells out every one of them.
 */
export function carried(value: unknown, name: string | number): unknown {
  if (ArrayBuffer.isView(value)) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return unboxed(typeof toJSON === "function" ? toJSON.call(value, String(name)) : value);
}

function unboxed(value: unknown): unknown {
  // Nearly everything is a literal; only the rest is worth a call into the engine.
  const prototype = value === null || value === undefined ? null : Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === Array.prototype) return value;
  if (!types.isBoxedPrimitive(value)) return value;
  if (types.isNumberObject(value)) return Number(value);
  if (types.isStringObject(value)) return String(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  return types.isBigIntObject(value) ? BigInt.prototype.valueOf.call(value) : value;
}
