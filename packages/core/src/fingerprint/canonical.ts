import type { Call, FileSource } from "../call.js";
import { carried } from "./carried.js";
import { chatToken, isChatField } from "./chat-id.js";
import { Trail } from "./trail.js";

/** A payload as one text, equal for payloads that are equal on the wire. */
export interface Canonical {
  readonly text: string;
  /** The files that `text` refers to as `f0`, `f1` …, in the order in which they were met. */
  readonly files: readonly FileSource[];
}

interface Walk {
  readonly fileOf: Call["fileOf"];
  readonly files: FileSource[];
  readonly trail: Trail;
}

const plainName = /^\w+$/;

/**
 * Reads a payload without changing, consuming or sending anything.
 *
 * The text is JSON with sorted keys, except that files and chats get tokens which no JSON value can spell.
 * As on the wire, null and undefined fields are absent (grammY drops them, Telegram reads null as absent),
 * they are null inside lists, and NaN is null wherever it stands. Symbol keys never count: they carry
 * Sendonce's own per-call options.
 *
 * @throws ConfigurationError for a cycle, a BigInt or nesting deeper than 512; names the field, never a value
 * @throws whatever a getter, a Proxy or a `toJSON` in the payload throws
 */
export function canonical(payload: unknown, fileOf?: Call["fileOf"]): Canonical {
  const walk: Walk = { fileOf, files: [], trail: new Trail() };
  // The payload itself is never a file, even if it looks like one: setWebhook's has a `url`.
  const text = payload == null ? undefined : plain(walk, carried(payload, ""), "");
  return { text: text ?? "{}", files: walk.files };
}

/** The token of a value; undefined when an object that holds it would be sent without it. */
function token(walk: Walk, value: unknown, name: string | number): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return Number.isFinite(value) ? `${value}` : "null";
    case "boolean":
      return value ? "true" : "false";
    case "undefined":
    case "symbol":
      return undefined;
    default:
      return value === null ? undefined : complex(walk, value, name);
  }
}

/** Files come first: a file object's own `toJSON` throws, or answers with a random name. */
function complex(walk: Walk, value: unknown, name: string | number): string | undefined {
  const file = typeof value === "object" ? walk.fileOf?.(value as object) : undefined;
  return file ? fileToken(walk, file) : plain(walk, carried(value, name), name);
}

function plain(walk: Walk, value: unknown, name: string | number): string | undefined {
  if (typeof value === "bigint") throw walk.trail.bigInt(name);
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) return token(walk, value, name);
  if (Array.isArray(value)) return list(walk, value, name);
  if (ArrayBuffer.isView(value)) return bytesToken(walk, value);
  return record(walk, value as Record<string, unknown>, name);
}

function list(walk: Walk, items: readonly unknown[], name: string | number): string {
  walk.trail.enter(items, name);
  let text = "[";
  for (let i = 0; i < items.length; i++) text += `${token(walk, items[i], i) ?? "null"},`;
  walk.trail.leave();
  return `${text}]`;
}

function record(walk: Walk, value: Readonly<Record<string, unknown>>, name: string | number): string {
  const atTop = walk.trail.depth === 0;
  walk.trail.enter(value, name);
  let text = "{";
  for (const key of sortedKeys(value)) {
    const written = token(walk, value[key], key);
    if (written === undefined) continue;
    text += `${quoted(key)}:${atTop && isChatField(key) ? chatToken(written) : written},`;
  }
  walk.trail.leave();
  return `${text}}`;
}

/** By UTF-16 code unit, which is what `sort` does without arguments, whatever the locale. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  return keys.length > 1 ? keys.sort() : keys;
}

/** JSON.stringify for names; almost all need no escapes, and knowing that is three times quicker. */
function quoted(name: string): string {
  return plainName.test(name) ? `"${name}"` : JSON.stringify(name);
}

function fileToken(walk: Walk, file: FileSource): string {
  return `f${walk.files.push(file) - 1}`;
}

/**
 * Bytes that no adapter knows as a file. JSON would write each as a decimal number; the same bytes in the
 * same kind of view make the same JSON, so their hash stands for it.
 */
function bytesToken(walk: Walk, view: ArrayBufferView): string {
  const data = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const kind = Buffer.isBuffer(view) ? "Buffer" : Object.prototype.toString.call(view);
  return `v${JSON.stringify(kind)}${fileToken(walk, { kind: "bytes", data })}`;
}
