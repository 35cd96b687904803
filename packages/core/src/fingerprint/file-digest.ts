import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { BlobLike, FileSource } from "../call.js";
import { createHash } from "../platform.js";
import { sha256 } from "./hash.js";

/** Up to here a file counts by its content, above by name, size and samples. */
export const contentLimitBytes = 16 * 1024 * 1024;

const sampleBytes = 64 * 1024;
const sampleCount = 16;

type Path = Extract<FileSource, { kind: "path" }>;
type BlobSource = Extract<FileSource, { kind: "blob" }>;

/** Large enough to be quick, small enough that nobody waits for one hash. */
const pieceBytes = 1024 * 1024;

/** A Blob or File, of the platform or of a package. */
export function isBlob(value: object): value is BlobLike {
  const { size, slice, arrayBuffer } = value as Partial<BlobLike>;
  return typeof size === "number" && typeof slice === "function" && typeof arrayBuffer === "function";
}

/**
 * What stands for a file in a fingerprint: equal for files that would be uploaded as the same bytes under the
 * same name, wherever they lie. Synchronous unless the disk must be read. Never rejects: a file that cannot
 * be read gets a token of its own, so that the framework's own failure appears when it sends.
 *
 * @returns undefined for what reading would spoil: a stream, also a pipe or a device behind a path
 */
export function fileDigest(file: FileSource): string | undefined | Promise<string | undefined> {
  switch (file.kind) {
    case "stream":
      return undefined;
    case "url":
      return tagged("url", file.href);
    case "bytes":
      return bytesDigest(file.data, file.filename);
    case "blob":
      return blobDigest(file).catch(() => tagged("unreadable", file.filename, file.blob.size));
    case "path":
      return diskDigest(file).catch(() => tagged("unreadable", file.path));
  }
}

function bytesDigest(data: Uint8Array, name: string | undefined): string {
  if (data.byteLength <= contentLimitBytes) return tagged("content", name, sha256(data));
  const hash = createHash("sha256");
  for (const from of sampleOffsets(data.byteLength)) hash.update(data.subarray(from, from + sampleBytes));
  return tagged("large", name, data.byteLength, hash.digest("base64url"));
}

/** A blob may lie on disk as well, so it is read in pieces. */
async function blobDigest({ blob, filename }: BlobSource): Promise<string> {
  const { size } = blob;
  const isSmall = size <= contentLimitBytes;
  const from = isSmall ? pieceOffsets(size) : sampleOffsets(size);
  const hash = createHash("sha256");
  for (const start of from) {
    const piece = blob.slice(start, Math.min(size, start + (isSmall ? pieceBytes : sampleBytes)));
    hash.update(new Uint8Array(await piece.arrayBuffer()));
  }
  const digest = hash.digest("base64url");
  return isSmall ? tagged("content", filename, digest) : tagged("large", filename, size, digest);
}

async function diskDigest({ path, filename }: Path): Promise<string | undefined> {
  const facts = await stat(path);
  if (facts.isFIFO() || facts.isSocket() || facts.isCharacterDevice()) return undefined;
  if (!facts.isFile()) return tagged("unreadable", path);
  if (facts.size <= contentLimitBytes) return tagged("content", filename, await streamedHash(path));
  return tagged("large", filename ?? basename(path), facts.size, await sampledHash(path, facts.size));
}

/** Chunk by chunk, so that no other handler waits. The end is fixed: a log that grows is not followed. */
async function streamedHash(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { end: contentLimitBytes })) hash.update(chunk as Buffer);
  return hash.digest("base64url");
}

async function sampledHash(path: string, size: number): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path);
  try {
    for (const from of sampleOffsets(size)) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(sampleBytes), 0, sampleBytes, from);
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return hash.digest("base64url");
}

const pieceOffsets = (size: number): number[] =>
  Array.from({ length: Math.ceil(size / pieceBytes) }, (_, i) => i * pieceBytes);

/**
 * Sixteen places spread over a large file, its head and tail among them. A compromise: two large files of
 * one name and size that differ only between the samples are taken for the same file.
 */
function sampleOffsets(size: number): number[] {
  const step = (size - sampleBytes) / (sampleCount - 1);
  return Array.from({ length: sampleCount }, (_, i) => Math.floor(i * step));
}

function tagged(...parts: readonly (string | number | undefined)[]): string {
  return JSON.stringify(parts);
}
