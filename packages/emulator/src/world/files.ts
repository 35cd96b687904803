import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { badRequest } from "./api-error.js";
import type { Call } from "./call.js";
import type { Json } from "./json.js";

/** An uploaded file. */
export interface Upload {
  filename: string;
  bytes: Uint8Array;
  sha256: string;
}

/** A file as Telegram keeps it: uploaded, or known by its URL. */
export interface StoredFile {
  fileId: string;
  uniqueId: string;
  filename: string;
  /** Bytes; undefined for a URL, which the emulator never fetches. */
  size: number | undefined;
  bytes: Uint8Array | undefined;
}

/** SHA-256 in hex. */
export const sha256 = (data: Uint8Array | string) => createHash("sha256").update(data).digest("hex");

/** All files of the emulated Telegram. File ids are made from the content, so they come out alike in every run. */
export class Files {
  readonly #byId = new Map<string, StoredFile>();
  readonly #folder: string | undefined;

  /** `folder`: where a local Bot API server keeps files, which then takes `file:///` URLs too. */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** The file that `value` stands for: an upload in this call, a file id, or a URL. @throws 400 like Telegram */
  take(call: Call, field: string, value: unknown): StoredFile {
    const upload = uploadFor(call, field, value);
    if (upload) return this.keep(upload);
    if (typeof value !== "string" || value === "")
      throw badRequest(`there is no ${field.replaceAll("_", " ")} in the request`);
    if (this.#folder !== undefined && /^file:\/\//i.test(value)) return this.keep(onDisk(value));
    if (/^https?:\/\//i.test(value)) return this.#remember(sha256(value), nameInUrl(value), undefined);
    return this.find(value) ?? fail("wrong file identifier/HTTP URL specified");
  }

  /** Keeps an upload. @throws 400 when it is empty */
  keep({ sha256: hash, filename, bytes }: Upload): StoredFile {
    if (bytes.length === 0) throw badRequest("file must be non-empty");
    return this.#remember(hash, filename, bytes);
  }

  /** The file of that id. */
  find(fileId: string): StoredFile | undefined {
    return this.#byId.get(fileId.replace(/-[a-z]+$/, ""));
  }

  /** `file_path` of getFile: below `/file/bot<token>/`, or from a local server an absolute path on its disk. */
  pathOf({ fileId, filename, bytes }: StoredFile): string | undefined {
    if (bytes === undefined) return undefined;
    if (this.#folder === undefined) return `files/${fileId}`;
    const folder = join(this.#folder, fileId);
    const path = join(folder, basename(filename) || "file");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, bytes);
    return path;
  }

  #remember(hash: string, filename: string, bytes: Uint8Array | undefined): StoredFile {
    const fileId = `BQAC${hash.slice(0, 40)}`;
    const known = this.#byId.get(fileId);
    if (known) return known;
    const file = { fileId, uniqueId: `AQAD${hash.slice(0, 12)}`, filename, size: bytes?.length, bytes };
    this.#byId.set(fileId, file);
    return file;
  }
}

/** The call's payload with every upload replaced by its size, hash and name: plain JSON, equal for equal content. */
export function payloadWithoutBytes({ params, uploads }: Call): Json {
  const direct = [...uploads].filter(([field]) => !attached(params, field));
  const fields = Object.fromEntries(direct.map(([field, upload]) => [field, fingerprint(upload)]));
  return { ...(withFingerprints(params, uploads) as Json), ...fields };
}

function withFingerprints(value: unknown, uploads: ReadonlyMap<string, Upload>): unknown {
  if (typeof value === "string" && value.startsWith("attach://")) {
    const upload = uploads.get(value.slice("attach://".length));
    return upload ? fingerprint(upload) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withFingerprints(item, uploads));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, withFingerprints(item, uploads)]),
  );
}

const fingerprint = ({ bytes, sha256: hash, filename }: Upload) => ({
  size: bytes.length,
  sha256: hash,
  filename,
});

const attached = (params: Json, field: string) => JSON.stringify(params).includes(`attach://${field}"`);

function uploadFor({ uploads }: Call, field: string, value: unknown): Upload | undefined {
  if (typeof value !== "string") return value === undefined ? uploads.get(field) : undefined;
  return value.startsWith("attach://") ? uploads.get(value.slice("attach://".length)) : undefined;
}

/** A file that a local server reads by itself. @throws 400 when it cannot */
function onDisk(url: string): Upload {
  try {
    const bytes = readFileSync(fileURLToPath(url));
    return { filename: nameInUrl(url), bytes, sha256: sha256(bytes) };
  } catch {
    throw badRequest("invalid file HTTP URL specified");
  }
}

const nameInUrl = (url: string) => new URL(url).pathname.split("/").pop() || "file";

function fail(what: string): never {
  throw badRequest(what);
}
