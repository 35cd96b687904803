import { Buffer } from "node:buffer";
import type { AbortSignalLike } from "../call.js";
import { isBlob } from "../fingerprint/file-digest.js";
import { boundaryOf, type Entry, multipartEntries } from "./multipart.js";
import { isOpaque, keepOpaque } from "./opaque-body.js";
import { Unread } from "./payload.js";

/** A body that has been looked into, and that can be sent. */
export interface ReadBody {
  /** Its parameters, files among them. */
  readonly entries: readonly Entry[];
  /** What to give to fetch: the same bytes each time. @throws Error the second time, for a stream */
  readonly again: () => unknown;
  /** What fetch would have told from the body that it no longer sees. */
  readonly contentType?: string | undefined;
  /** Lets go of what was not sent after all. */
  readonly discard?: () => void;
}

/** What reading a body needs to know. */
export interface BodyFacts {
  readonly contentType: string | undefined;
  readonly signal: AbortSignalLike | undefined;
  readonly abortError: () => unknown;
}

/** Whatever fetch takes as a body. What the caller changes after this was called does not count. */
export async function readBody(body: unknown, facts: BodyFacts): Promise<ReadBody> {
  const type = facts.contentType ?? "";
  if (typeof body !== "object" || body === null) return textBody(String(body), type);
  if (isForm(body)) return formBody(body);
  if (isBlob(body)) {
    const bytes = Buffer.from(await body.arrayBuffer());
    return { entries: byteEntries(bytes, type || blobType(body)), again: () => body };
  }
  const bytes = bytesOf(body);
  if (bytes) return { entries: byteEntries(bytes, type), again: () => bytes };
  if (isOpaque(body)) return opaqueBody(body, facts);
  return textBody(String(body), type);
}

function textBody(text: string, type: string): ReadBody {
  const isMultipart = boundaryOf(type) !== undefined;
  const entries = isMultipart ? byteEntries(Buffer.from(text), type) : textEntries(text, type);
  return { entries, again: () => text };
}

interface Form extends Iterable<Entry> {
  append(name: string, value: unknown, filename?: string): void;
}

/** FormData or URLSearchParams, of the platform or of a package. */
const isForm = (body: object): body is Form =>
  /^\[object (FormData|URLSearchParams)\]$/.test(Object.prototype.toString.call(body)) &&
  Symbol.iterator in body;

/** A copy, made by its own class: another copy of fetch would not know ours. Files are not copied with it. */
function formBody(form: Form): ReadBody {
  const entries = [...form];
  const copy = new (form.constructor as new () => Form)();
  for (const [name, value] of entries) copy.append(name, value);
  return { entries, again: () => copy };
}

const blobType = (blob: object): string => (blob as { readonly type?: string }).type ?? "";

/** Copied, as fetch itself does when it is called. */
function bytesOf(body: object): Buffer | undefined {
  if (ArrayBuffer.isView(body))
    return Buffer.from(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof ArrayBuffer || body instanceof SharedArrayBuffer)
    return Buffer.from(new Uint8Array(body as ArrayBuffer));
  return undefined;
}

async function opaqueBody(body: object, { contentType, signal, abortError }: BodyFacts): Promise<ReadBody> {
  const added = contentType === undefined ? formDataType(body) : undefined;
  const type = contentType ?? added ?? "";
  const kept = await keepOpaque(body, signal, abortError);
  if (kept.kind === "bytes") {
    const { bytes } = kept;
    return { entries: byteEntries(bytes, type), again: () => bytes, contentType: added };
  }
  let sent = false;
  const again = () => {
    if (sent) throw new Error("sendonce: a streamed body can be sent only once");
    sent = true;
    return kept.whole();
  };
  const entries: Entry[] = [...headEntries(kept.head, type), ["", new Unread()]];
  return { entries, again, contentType: added, discard: () => sent || kept.discard() };
}

/** The `form-data` package knows its boundary; node-fetch asks it for that. */
function formDataType(body: object): string | undefined {
  const { getBoundary } = body as { readonly getBoundary?: () => string };
  return typeof getBoundary === "function"
    ? `multipart/form-data; boundary=${getBoundary.call(body)}`
    : undefined;
}

/** The parameters that stand before the files, so that the call has a chat. */
function headEntries(head: Buffer, type: string): readonly Entry[] {
  const boundary = boundaryOf(type);
  return boundary === undefined ? [] : (multipartEntries(head, boundary, false) ?? []);
}

function byteEntries(bytes: Buffer, type: string): readonly Entry[] {
  const boundary = boundaryOf(type);
  if (boundary === undefined) return textEntries(bytes.toString("utf8"), type, bytes);
  return multipartEntries(bytes, boundary, true) ?? [unreadable(bytes)];
}

/** Without a content type it is JSON, which is what almost everybody sends. */
function textEntries(text: string, type: string, bytes?: Buffer): readonly Entry[] {
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) return [...new URLSearchParams(text)];
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return Object.entries(value);
  } catch {
    // Telegram will say what is wrong with it; until then it is told by its bytes.
  }
  return text === "" ? [] : [unreadable(bytes ?? Buffer.from(text))];
}

const unreadable = (bytes: Buffer): Entry => ["", bytes];
