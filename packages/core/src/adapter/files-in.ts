import type { FileSource, Payload } from "../call.js";

/** payload → album → item → file: the frameworks look for files no deeper. */
const deepest = 3;

/**
 * The file objects in a payload, as their framework will find them. The payload itself is never one, even if it looks
 * like one: setWebhook's has a `url`. For adapters.
 */
export const filesIn = (payload: Payload, fileOf: (value: object) => FileSource | undefined): object[] =>
  Object.values(payload).flatMap((value) => within(value, fileOf, 1));

function within(value: unknown, fileOf: (value: object) => FileSource | undefined, depth: number): object[] {
  if (typeof value !== "object" || value === null || depth > deepest) return [];
  if (fileOf(value)) return [value];
  if (ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap((item) => within(item, fileOf, depth + 1));
}
