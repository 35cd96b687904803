import {
  type ApiResponse,
  type BlobLike,
  type Delivery,
  type FileSource,
  networkFacts,
  type Refusal,
  type Reply,
  redactToken,
  refusalResponse,
} from "@sendonce/core";
import { HttpError, InputFile } from "grammy";

/** grammY's answer or exception → what the guard understands. */
export async function replyOf(call: () => Promise<unknown>): Promise<Reply> {
  try {
    return { type: "response", body: (await call()) as ApiResponse };
  } catch (error) {
    redactToken(error);
    return { type: "failure", error, ...(isUnreadable(error) ? notUploaded : networkFacts(innerOf(error))) };
  }
}

/** What the guard decided → what grammY's own call would have answered or thrown. */
export function answerOf(method: string, delivery: Delivery): ApiResponse {
  switch (delivery.status) {
    case "sent":
    case "replayed":
      return { ok: true, result: delivery.result };
    case "failed":
      if (delivery.reply.type === "response") return delivery.reply.body;
      throw delivery.reply.error;
    case "aborted":
      throw abortError(method, delivery);
    default:
      return refusalResponse(delivery);
  }
}

/** The error that grammY raises for an aborted request. */
export function abortError(method: string, refusal?: Refusal): HttpError {
  const cause = new Error(refusal?.message ?? "The user aborted a request.");
  cause.name = "AbortError";
  return new HttpError(`Network request for '${method}' failed!`, cause);
}

/** The runtime fields of grammY's InputFile; private to the type system, the same since 1.0. */
interface FileFields {
  readonly fileData: unknown;
  readonly filename?: string | undefined;
}

/** What an InputFile holds, told without reading it. */
export function fileOf(value: object): FileSource | undefined {
  if (!isInputFile(value)) return undefined;
  const { fileData, filename } = value as unknown as FileFields;
  if (typeof fileData === "string") return { kind: "path", path: fileData, filename };
  if (fileData instanceof Uint8Array) return { kind: "bytes", data: fileData, filename };
  if (fileData instanceof URL) {
    return fileData.protocol === "file:"
      ? { kind: "path", path: fileData.pathname, filename }
      : { kind: "url", href: fileData.href };
  }
  const { url } = (fileData ?? {}) as { url?: unknown };
  if (typeof url === "string") return { kind: "url", href: url };
  return isBlob(fileData) ? { kind: "blob", blob: fileData, filename } : { kind: "stream" };
}

/** grammY takes Blobs where the platform is not Node. */
function isBlob(data: unknown): data is BlobLike {
  const { size, slice, arrayBuffer } = (data ?? {}) as Partial<BlobLike>;
  return typeof size === "number" && typeof slice === "function" && typeof arrayBuffer === "function";
}

/** By shape too: a file may come from another copy of grammY. */
function isInputFile(value: object): boolean {
  return value instanceof InputFile || ("fileData" in value && "consumed" in value && "toRaw" in value);
}

/** What a HttpError wraps. */
const innerOf = (error: unknown): unknown => (error as { error?: unknown } | null)?.error;

/** A file that cannot be uploaded, told like one that is not on the disk: nothing was sent either. */
const notUploaded = Object.freeze({ code: "ENOENT" });

/** What grammY says of a file while it writes the request's body, which is never complete then. */
const neverUploaded = /^(File paths cannot contain|Cannot reuse InputFile data source)/;

function isUnreadable(error: unknown): boolean {
  const inner = innerOf(error);
  return [inner, innerOf(inner)].some((one) => neverUploaded.test(String((one as Error | null)?.message)));
}
