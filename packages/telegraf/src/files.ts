import { types } from "node:util";
import { type FileSource, filesIn, type Payload } from "@sendonce/core";

/** What Telegraf takes for a file: `{ source }` or `{ url }`, each with an optional name. */
interface FileFields {
  readonly source?: unknown;
  readonly url?: unknown;
  readonly filename?: string | undefined;
}

/**
 * What a file object holds, told without reading it. Telegraf's files are plain objects: bytes and streams
 * are nothing else, but a text may be, as in an inline button, which has a `url` beside its `text`.
 */
export function fileOf(value: object): FileSource | undefined {
  const { source, url, filename } = value as FileFields;
  if (isStream(source)) return { kind: "stream" };
  if (types.isUint8Array(source)) return { kind: "bytes", data: source, filename };
  if (typeof source === "string" && holdsOnly(value, "source"))
    return { kind: "path", path: source, filename };
  if (typeof url === "string" && holdsOnly(value, "url")) return { kind: "url", href: url };
  return undefined;
}

/** The streams that would be uploaded with a payload. */
export function streamsIn(payload: Payload): NodeJS.ReadableStream[] {
  return fieldsOfFiles(payload)
    .map(({ source }) => source)
    .filter(isStream);
}

/** The addresses that Telegraf would fetch, to upload what lies there. */
export function urlsIn(payload: Payload): string[] {
  return fieldsOfFiles(payload)
    .map(({ url }) => url)
    .filter((url) => typeof url === "string");
}

/** As Telegraf tells one. */
const isStream = (source: unknown): source is NodeJS.ReadableStream =>
  typeof (source as { readonly pipe?: unknown } | null | undefined)?.pipe === "function";

const holdsOnly = (value: object, field: string): boolean =>
  Object.keys(value).every((name) => name === field || name === "filename");

const fieldsOfFiles = (payload: Payload): FileFields[] => filesIn(payload, fileOf);
