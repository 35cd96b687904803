import { createHash, createHmac, oneShotHash } from "../platform.js";

/** 22 base64url characters: the first 128 bits (and four more that come for free). */
const keyLength = 22;

const loneSurrogate = /\p{Surrogate}/u;

/** SHA-256 in base64url, 43 characters. */
export function sha256(data: string | Uint8Array): string {
  if (oneShotHash) return oneShotHash("sha256", data, "base64url");
  return createHash("sha256").update(data).digest("base64url");
}

/**
 * The hash behind every key: SHA-256 of the parts, or HMAC-SHA-256 when there is a secret.
 * `("ab", "c")` and `("a", "bc")` differ, and so does every other way of cutting the same letters.
 *
 * @returns 22 characters of base64url
 */
export function hashOf(secret: string | undefined, ...parts: string[]): string {
  let joined = "";
  for (const part of parts) joined += framed(part);
  const digest =
    secret === undefined ? sha256(joined) : createHmac("sha256", secret).update(joined).digest("base64url");
  return digest.slice(0, keyLength);
}

/**
 * A part behind its length. Text that UTF-8 cannot carry would turn into U+FFFD on its way into the hash
 * and collide with other such text, so it goes in escaped, under a letter of its own.
 */
function framed(part: string): string {
  if (loneSurrogate.test(part)) return `j${JSON.stringify(part)}`;
  return `${part.length}:${part}`;
}
