/** Errors wrap errors; nobody wraps deeper than this. */
const deepestWrapping = 5;

/** A Bot API address, which holds the token. */
const address = /(\/bot\d+):[\w-]+/g;

/**
 * Takes the bot's token out of an error, which stays the very object it was. grammY keeps it out of its own message,
 * but wraps node-fetch's error, whose message and stack quote the address of the request.
 */
export function redact(error: unknown): void {
  let inner: unknown = error;
  for (let depth = 0; depth < deepestWrapping && inner instanceof Error; depth++) {
    for (const field of ["message", "stack"] as const) {
      const text: unknown = inner[field];
      const clean = typeof text === "string" ? text.replace(address, "$1:[REDACTED]") : text;
      if (clean !== text) Reflect.set(inner, field, clean);
    }
    inner = (inner as { readonly error?: unknown }).error ?? inner.cause;
  }
}
