/** Errors wrap errors; nobody wraps deeper than this. */
const deepest = 5;

/** A Bot API address, which holds the token. */
const address = /(\/(?:bot|user)\d+)(?::|%3a)[^/\s]+/gi;

/**
 * The very error, with the bot's token struck out of it and of what it wraps: HTTP clients quote the address that they
 * could not reach, in messages and in stacks. For adapters.
 *
 * @param token where it is known it is found anywhere; without it, in addresses
 */
export function redactToken<E>(error: E, token?: string): E {
  let inner: unknown = error;
  for (let depth = 0; depth < deepest && typeof inner === "object" && inner !== null; depth++) {
    strike(inner, "message", token);
    strike(inner, "stack", token);
    // grammY calls it `error`, everybody else `cause`.
    const { error: wrapped, cause } = inner as { readonly error?: unknown; readonly cause?: unknown };
    inner = wrapped ?? cause;
  }
  return error;
}

/** An error that lets nobody write to it keeps what it says. */
function strike(error: object, field: "message" | "stack", token: string | undefined): void {
  const text: unknown = Reflect.get(error, field);
  if (typeof text !== "string") return;
  const clean = withoutToken(text, token);
  if (clean !== text) Reflect.set(error, field, clean);
}

function withoutToken(text: string, token: string | undefined): string {
  const known = token ? text.replaceAll(token, `${token.slice(0, token.indexOf(":"))}:[REDACTED]`) : text;
  return known.replace(address, "$1:[REDACTED]");
}
