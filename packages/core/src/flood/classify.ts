import type { Outcome, Reply } from "../call.js";
import { failsInParts, resultShape } from "../methods.js";

/**
 * Network errors that prove that no request left: the connection was never made. Everything else may have
 * been received. Source: Node's errno table and the undici error list.
 */
const neverConnected = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** The same when connecting failed; on an open connection they come after the request may have been read. */
const neverConnectedAtConnect = new Set([
  "ETIMEDOUT",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
]);

/** A file to upload could not be read: the request's body was never complete, so nothing can have come of it. */
const neverUploaded = new Set(["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "EMFILE"]);

/** Calls of several messages fail as a whole although some went out (tdlib/telegram-bot-api, Client.cpp). */
const partlySent = /failed to send message #|group send failed/i;

/** What a reply proves about the message. */
export function classify(method: string, reply: Reply): Outcome {
  if (reply.type === "failure") {
    return { kind: provesUnsent(reply.code, reply.syscall) ? "unsent" : "unknown" };
  }
  const { body } = reply;
  if (body?.ok === true) {
    return isWebhookReply(method, body.result) ? { kind: "unknown" } : { kind: "ok", result: body.result };
  }
  return classifyError(method, body?.error_code, body?.description, body?.parameters?.retry_after);
}

function classifyError(
  method: string,
  code: number | undefined,
  description: string | undefined,
  retryAfter: number | undefined,
): Outcome {
  const retryAfterMs = code === 429 ? secondsOf(retryAfter) * 1000 : undefined;
  const inParts = failsInParts(method);
  const says = typeof description === "string" ? description : "";
  if (inParts && (code === 406 || code === 429 || partlySent.test(says))) {
    return { kind: "unknown", retryAfterMs };
  }
  const refused = code !== undefined && code >= 400 && code < 500;
  return refused ? { kind: "rejected", retryAfterMs } : { kind: "unknown" };
}

/** Nobody is told to wait for longer than a week; a server that says so would stop a chat for good. */
const longestSeconds = 604_800;

/** A whole number from Telegram; from whatever else answers it may be anything. */
function secondsOf(retryAfter: unknown): number {
  const seconds = ["number", "string"].includes(typeof retryAfter) ? Number(retryAfter) : Number.NaN;
  return Math.min(Math.max(1, seconds || 1), longestSeconds);
}

const provesUnsent = (code: string | undefined, syscall: string | undefined): boolean =>
  code !== undefined &&
  (neverConnected.has(code) ||
    neverUploaded.has(code) ||
    (syscall === "connect" && neverConnectedAtConnect.has(code)));

/**
 * A webhook reply answers `true` before Telegram has even seen the call: it can never be confirmed, and
 * `true` is no Message.
 */
const isWebhookReply = (method: string, result: unknown): boolean =>
  result === true && resultShape(method) !== "other";
