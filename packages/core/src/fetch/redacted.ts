/** Errors wrap errors; nobody wraps deeper than this. */
const deepest = 5;

/**
 * The very error, with the token struck out of its messages: fetches quote the address that they could not
 * reach, and a Bot API address holds the token.
 */
export function redacted<E>(error: E, token: string): E {
  let inner: unknown = error;
  for (let depth = 0; depth < deepest && inner instanceof Error; depth++) {
    strike(inner, "message", token);
    strike(inner, "stack", token);
    inner = inner.cause;
  }
  return error;
}

/** An error that lets nobody write to it keeps what it says. */
function strike(error: Error, field: "message" | "stack", token: string): void {
  const text = error[field];
  const clean = withoutToken(text, token);
  if (clean !== text) Reflect.set(error, field, clean);
}

function withoutToken(text: string | undefined, token: string): string | undefined {
  const id = token.slice(0, token.indexOf(":"));
  const escaped = /(\/(?:bot|user)\d+)%3a[^/\s]+/gi;
  return text?.replaceAll(token, `${id}:…`).replace(escaped, "$1:…");
}
