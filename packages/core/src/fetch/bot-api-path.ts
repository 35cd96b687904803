/** Where a request goes, if it is a call of the Bot API. */
export interface BotApiPath {
  readonly token: string;
  /** As the path spells it; Telegram ignores its case. */
  readonly method: string;
  /** Parameters in the query. */
  readonly query: URLSearchParams;
}

/** `/bot<token>/[test/]<method>` below any root; downloads live under `/file/bot…` and are no calls. */
const call = /^(?<root>.*)\/bot(?<token>\d+:[^/]+)\/(?:test\/)?(?<method>\w+)\/?$/;

/** Recognises a Bot API call by its path, whatever the host: local servers have roots of their own. */
export function botApiPath(url: string): BotApiPath | undefined {
  if (!URL.canParse(url)) return undefined;
  const { pathname, searchParams } = new URL(url);
  const { root, token, method } = call.exec(decoded(pathname))?.groups ?? {};
  if (token === undefined || method === undefined || root?.endsWith("/file")) return undefined;
  return { token, method, query: searchParams };
}

/** The address that a fetch is called with: a string, a URL, or a Request of whatever copy of fetch. */
export function urlOf(input: unknown): string {
  const { url } = (input ?? {}) as { readonly url?: unknown };
  return typeof url === "string" ? url : String(input);
}

/** Some clients escape the token's colon. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
