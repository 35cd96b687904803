import type { Call, FileSource } from "../call.js";
import { isBlob } from "../fingerprint/file-digest.js";
import { type Entry, FilePart } from "./multipart.js";

/** Stands in a payload for bytes that nobody has seen: such a call has no content to tell it by. */
export class Unread {}

/** Recognises the files of a payload that was read off a request. */
export const fileOf: NonNullable<Call["fileOf"]> = (value): FileSource | undefined => {
  if (value instanceof Unread) return { kind: "stream" };
  if (value instanceof FilePart) return { kind: "bytes", data: value.data, filename: value.filename };
  if (!isBlob(value)) return undefined;
  const { name } = value as { readonly name?: unknown };
  return { kind: "blob", blob: value, filename: typeof name === "string" ? name : undefined };
};

/**
 * Parameters that a form carries as JSON text. Texts that people read are not among them: there `{"a":1}`
 * and `{"a": 1}` are two messages.
 */
// biome-ignore format: a table is read in columns
const jsonFields: ReadonlySet<string> = new Set([
  "accepted_gift_types", "areas", "button", "caption_entities", "checklist", "commands", "content",
  "correct_option_ids", "country_codes", "custom_emoji_ids", "description_entities", "emoji_list", "entities",
  "ephemeral_message_parameters", "errors", "explanation_entities", "explanation_media", "keywords",
  "link_preview_options", "mask_position", "media", "menu_button", "message_ids", "options", "permissions",
  "photo", "prices", "question_entities", "reaction", "reply_markup", "reply_parameters", "result", "results",
  "rich_message", "rights", "scope", "shipping_options", "sticker", "stickers", "suggested_post_parameters",
  "suggested_tip_amounts", "text_entities",
]);

const attached = /^attach:\/\/(.+)$/s;

/**
 * A call's parameters as one payload: JSON fields parsed, `attach://name` replaced by the part of that name, so
 * that neither spaces nor random names nor boundaries tell equal calls apart.
 */
export function payloadOf(entries: Iterable<Entry>): Record<string, unknown> {
  const parts = new Map<string, unknown>(entries);
  const used = new Set<string>();
  const fields = [...parts].map(
    ([name, value]) => [name, resolved(parsed(name, value), parts, used, 0)] as const,
  );
  // Not by assignment: a field may be called `__proto__`.
  return Object.fromEntries(fields.filter(([name]) => !used.has(name)));
}

function parsed(name: string, value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  if (!jsonFields.has(name) && !value.includes("attach://")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Deeper than any parameter that names an attachment; what lies below stays as it is. */
const deepest = 64;

function resolved(
  value: unknown,
  parts: ReadonlyMap<string, unknown>,
  used: Set<string>,
  depth: number,
): unknown {
  if (typeof value === "string") return attachment(value, parts, used) ?? value;
  if (depth > deepest) return value;
  const inside = (item: unknown) => resolved(item, parts, used, depth + 1);
  if (Array.isArray(value)) return value.map(inside);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(item)]));
}

function attachment(value: string, parts: ReadonlyMap<string, unknown>, used: Set<string>): unknown {
  const name = attached.exec(value)?.[1];
  const part = name === undefined ? undefined : parts.get(name);
  if (name === undefined || typeof part !== "object" || part === null || !fileOf(part)) return undefined;
  used.add(name);
  return part;
}

/** What JSON or a form made, rather than a file or bytes. */
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !ArrayBuffer.isView(value) && !fileOf(value);
