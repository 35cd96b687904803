/** Errors wrap errors; nobody wraps deeper than this. */
const deepestWrapping = 5;

/**
 * Takes the bot's token out of an error, which stays the very object it was. Telegraf does so in the message
 * of a failed request, but node-fetch also writes the URL into the stack, and into the message of an
 * unreadable answer.
 */
export function redact(error: unknown, token: string): void {
  const shown = `${token.slice(0, token.indexOf(":"))}:[REDACTED]`;
  let inner = error as Partial<Error> | null | undefined;
  for (let depth = 0; depth < deepestWrapping && typeof inner === "object" && inner !== null; depth++) {
    for (const field of ["message", "stack"] as const) {
      const text: unknown = inner[field];
      if (typeof text === "string" && text.includes(token)) inner[field] = text.replaceAll(token, shown);
    }
    inner = inner.cause as Partial<Error> | undefined;
  }
}
