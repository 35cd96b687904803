import { readFileSync } from "node:fs";
import { givenKeyId, operationRecords } from "@sendonce/core/redis";
import { wrongUse } from "./exit.js";

/** How a record is named on the command line: by its id, or by what its id is made of. */
export interface RecordOptions {
  readonly given?: string;
  readonly chat?: string;
  readonly operation?: string;
  readonly update?: string;
  readonly secretFile?: string;
}

/**
 * The ids under which a record may stand: one for each secret, the writing one first.
 *
 * @throws Stop when it is named in no way, or in two
 */
export function recordIds(key: string | undefined, options: RecordOptions): readonly string[] {
  const { given, operation, update, chat, secretFile } = options;
  const named = [key, given, operation, update].filter((one) => one !== undefined);
  if (named.length !== 1)
    throw wrongUse(
      named.length === 0 ? "no record is named" : "a record is named in two ways",
      'give the `key` of a log line or event, or --given "invoice-42" --chat 7, or --operation KEY, or --update ID',
    );
  if (key !== undefined) return [key];
  if (update !== undefined) return [`update:${update}`];
  const secrets = secretsIn(secretFile);
  if (operation !== undefined) return operationRecords(secrets, operation);
  return secrets.map((secret) => givenKeyId(secret, spelled(chat ?? ""), given!));
}

/** As the guard writes chats. */
const spelled = (chat: string): string => (chat.startsWith("@") ? chat.toLowerCase() : chat).trim();

/** One secret a line, the writing one first, as `idempotency.secret` has them. */
function secretsIn(file: string | undefined): readonly (string | undefined)[] {
  if (file === undefined) return [undefined];
  try {
    const secrets = readFileSync(file, "utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
    if (secrets.length > 0) return secrets;
  } catch {}
  throw wrongUse(
    `the file of --secret-file cannot be read or is empty: ${file}`,
    "write one secret a line, the one that writes first",
  );
}
