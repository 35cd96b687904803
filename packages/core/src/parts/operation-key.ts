import { hashOf } from "../fingerprint/index.js";
import { spelled } from "./spelled.js";

/** First writes, all read. */
type Secrets = readonly (string | undefined)[];

/** What `operationKey` makes, whatever its secrets: one hash for each of them, the writing one first. */
const generated = /^op_[\w-]{22}(\.[\w-]{22})*$/;

/** A key from parts. It holds a hash under each secret, so that records from before a rotation are found. */
export function operationKey(secrets: Secrets, parts: unknown): string {
  const text = spelled(parts);
  return `op_${secrets.map((secret) => hashOf(secret, "operation parts", text)).join(".")}`;
}

/** Where an operation is recorded: the id that is written, then those under older secrets. Never the key itself. */
export function operationRecords(secrets: Secrets, key: string): readonly [string, ...string[]] {
  const hashes = generated.test(key)
    ? key.slice("op_".length).split(".")
    : secrets.map((secret) => hashOf(secret, "operation key", key));
  return hashes.map((hash) => `p${hash}`) as [string, ...string[]];
}
