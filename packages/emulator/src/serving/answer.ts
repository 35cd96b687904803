import { type ApiError, tooManyRequests } from "../world/api-error.js";
import { type Json, present } from "../world/json.js";

/** What goes back to the client. `none`: the connection is cut, refused, or nobody listens any more. */
export type Answer =
  | { kind: "json"; status: number; body: Json; retryAfter?: number }
  | { kind: "html"; status: number }
  | { kind: "none"; how: "cut" | "refused" | "gone" };

/** A result. */
export const success = (result: unknown): Answer => ({
  kind: "json",
  status: 200,
  body: { ok: true, result },
});

/** An error in Telegram's envelope, with a Retry-After header when it tells to wait. */
export function failure({ code, message, parameters }: ApiError): Answer {
  const body = present({ ok: false, error_code: code, description: message, parameters });
  const retryAfter = parameters?.retry_after;
  return { kind: "json", status: code, body, ...(typeof retryAfter === "number" ? { retryAfter } : {}) };
}

/** What a server that shuts down says to whom it has not answered yet. */
export const shuttingDown = (): Answer => failure(tooManyRequests(5));

/** The connection breaks. */
export const cut: Answer = { kind: "none", how: "cut" };
