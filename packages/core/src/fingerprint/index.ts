/**
 * What a call would put on the wire, as a hash: equal calls get equal fingerprints, in every process.
 */
import type { Call } from "../call.js";
import { canonical } from "./canonical.js";
import { fileDigest } from "./file-digest.js";
import { hashOf } from "./hash.js";

export { hashOf } from "./hash.js";

/** The content of a call. */
export interface Fingerprint {
  /**
   * 22 characters of base64url: 128 bits of SHA-256, or of HMAC-SHA-256 with a secret. Undefined when the
   * payload holds a stream: reading it once would spoil it.
   */
  readonly content: string | undefined;
}

/**
 * Hashes method and payload. The payload is neither changed nor consumed, and it is read before this
 * returns: what the caller changes later does not count. Synchronous unless a file lies on disk.
 *
 * @param secret makes the hash an HMAC, so that nobody can guess texts from keys
 * @throws ConfigurationError for payloads that JSON cannot carry: cycles, BigInts, more than 512 levels
 */
export function fingerprint(call: Call, secret?: string): Fingerprint | Promise<Fingerprint> {
  const { text, files } = canonical(call.payload, call.fileOf);
  const sealed = (digests: readonly string[]): Fingerprint => ({
    content: hashOf(secret, call.method, text, ...digests),
  });
  if (files.length === 0) return sealed([]);
  if (files.some((file) => file.kind === "stream")) return { content: undefined };
  const digests = files.map(fileDigest);
  if (known(digests)) return sealed(digests);
  return Promise.all(digests).then((all) => (known(all) ? sealed(all) : { content: undefined }));
}

function known(digests: readonly unknown[]): digests is readonly string[] {
  return digests.every((digest) => typeof digest === "string");
}
