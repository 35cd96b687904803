/** Headers as any fetch takes them: pairs, a record, or a Headers object of whatever copy. */
export type HeadersLike = Iterable<readonly [string, string]> | Readonly<Record<string, unknown>>;

/** One header, by its name in lower case. */
export function headerOf(headers: HeadersLike | null | undefined, name: string): string | undefined {
  for (const [key, value] of pairsOf(headers)) if (key.toLowerCase() === name) return String(value);
  return undefined;
}

/** The same headers and one more, in a form that every fetch takes. */
export function withHeader(
  headers: HeadersLike | null | undefined,
  name: string,
  value: string,
): Record<string, string> {
  const all = [...pairsOf(headers)].map(([key, each]) => [key, String(each)]);
  return Object.fromEntries([...all, [name, value]]) as Record<string, string>;
}

function pairsOf(headers: HeadersLike | null | undefined): Iterable<readonly [string, unknown]> {
  if (headers === null || headers === undefined) return [];
  return Symbol.iterator in headers
    ? (headers as Iterable<readonly [string, string]>)
    : Object.entries(headers);
}
