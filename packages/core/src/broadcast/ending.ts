import type { RefusalCode } from "../call.js";
import { isSendonceError } from "../errors.js";
import { isSendonceRefusal } from "../refusal.js";

/** Why somebody was not served, in words that can be counted. */
export type FailureKind =
  /** The user blocked the bot, or the group removed it. */
  | "blocked"
  /** The account is gone. */
  | "deactivated"
  /** There is no such chat, or the bot has never met it. */
  | "not_found"
  /** Telegram said no for another reason. */
  | "rejected"
  /** The recipient is no chat, or nothing could be made for it: the message function threw, a file is missing. */
  | "invalid"
  /** Nobody knows whether it was received; it is not sent again. */
  | "unknown";

/** How one try for one recipient ended. */
export type Ending =
  | { readonly kind: "failed"; readonly failure: FailureKind; readonly description: string }
  | { readonly kind: "migrated"; readonly to: number | string }
  | { readonly kind: "again"; readonly afterMs: number | undefined }
  /** Neither Telegram's answer nor the network's: a plugin's own error, say. Asking again may tell more. */
  | { readonly kind: "strange" }
  /** It makes no sense to go on: the token was refused, the guard is closed, or the code around it is broken. */
  | { readonly kind: "over" };

/** Frameworks spell the code of an API error differently. */
interface ApiError {
  readonly error_code?: unknown;
  readonly code?: unknown;
  readonly description?: unknown;
  readonly parameters?: { readonly migrate_to_chat_id?: unknown; readonly retry_after?: unknown };
}

/** What a framework threw → what to do about this recipient. */
export function endingOf(error: unknown): Ending {
  if (isSendonceRefusal(error)) {
    const { sendonce, retry_after } = error.parameters;
    return refused(sendonce.code, retry_after);
  }
  const { error_code, code = error_code, description, parameters } = (error ?? {}) as ApiError;
  if (isBug(error)) return { kind: "over" };
  if (typeof code !== "number") return unanswered(systemCodeOf(error));
  const to = parameters?.migrate_to_chat_id;
  if (typeof to === "number" || typeof to === "string") return { kind: "migrated", to };
  return answered(code, typeof description === "string" ? description : "", parameters?.retry_after);
}

/** Not the network's fault: the same call would fail for ever. (A TypeError with a cause is fetch's way to say "network".) */
function isBug(error: unknown): boolean {
  if (isSendonceError(error)) return error.code === "configuration";
  if (error instanceof Error && error.cause !== undefined) return false;
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((bug) => error instanceof bug);
}

function refused(code: RefusalCode, retryAfter: number | undefined): Ending {
  switch (code) {
    case "ambiguous":
      return { kind: "failed", failure: "unknown", description: "an earlier try may have been received" };
    case "closed":
      return { kind: "over" };
    case "mismatch":
      return { kind: "failed", failure: "rejected", description: "the key was used for another content" };
    default:
      return { kind: "again", afterMs: retryAfter === undefined ? undefined : retryAfter * 1000 };
  }
}

/** A file to upload that is not there, or may not be read. It will be so for the next try. */
const unreadable = new Set(["ENOENT", "EACCES", "EISDIR", "ENOTDIR"]);

/** Telegram said nothing: the guard has made it ambiguous, or it was not sent. Asking once more tells which. */
function unanswered(code: string | undefined): Ending {
  if (code === undefined) return { kind: "strange" };
  if (!unreadable.has(code)) return { kind: "again", afterMs: undefined };
  return {
    kind: "failed",
    failure: "invalid",
    description: `a file of the message cannot be read (${code})`,
  };
}

/** Frameworks wrap what the network layer threw; nobody wraps deeper than this. */
const deepestWrapping = 4;

/** The code of the system's own error, such as ECONNRESET, however it is wrapped. */
function systemCodeOf(error: unknown): string | undefined {
  let inner: unknown = error;
  for (let depth = 0; depth < deepestWrapping && typeof inner === "object" && inner !== null; depth++) {
    const { code, error, cause } = inner as { code?: unknown; error?: unknown; cause?: unknown };
    if (typeof code === "string") return code;
    inner = error ?? cause;
  }
  return undefined;
}

function answered(code: number, description: string, retryAfter: unknown): Ending {
  if (code === 429) {
    return { kind: "again", afterMs: typeof retryAfter === "number" ? retryAfter * 1000 : undefined };
  }
  if (code >= 500) return { kind: "again", afterMs: undefined };
  // Telegram does not know the token, or the method.
  if (code === 401 || code === 404) return { kind: "over" };
  return { kind: "failed", failure: failureOf(code, description), description };
}

function failureOf(code: number, description: string): FailureKind {
  if (/deactivated/i.test(description)) return "deactivated";
  if (/chat not found|PEER_ID_INVALID|user not found|can't initiate/i.test(description)) return "not_found";
  return code === 403 && !/messages to bots/i.test(description) ? "blocked" : "rejected";
}
