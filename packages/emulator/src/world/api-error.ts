import type { Json } from "./json.js";

/** A request that the Bot API answers with `ok: false`. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status and error_code. */
  readonly code: number;
  /** Such as `{ retry_after }` or `{ migrate_to_chat_id }`. */
  readonly parameters: Json | undefined;

  constructor(code: number, description: string, parameters?: Json) {
    super(description);
    this.code = code;
    this.parameters = parameters;
  }
}

/** 400, with Telegram's prefix. */
export const badRequest = (what: string, parameters?: Json) =>
  new ApiError(400, `Bad Request: ${what}`, parameters);

/** 429, `seconds` to wait. */
export const tooManyRequests = (seconds: number) =>
  new ApiError(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds });
