import type { AbortSignalLike, Call, Payload } from "../call.js";
import { carriedOptions, delivery } from "../delivery-options.js";
import { type ReadBody, readBody } from "./body.js";
import { botApiPath, urlOf } from "./bot-api-path.js";
import { type HeadersLike, headerOf, withHeader } from "./headers.js";
import type { Entry } from "./multipart.js";
import { isOpaque } from "./opaque-body.js";
import { fileOf, payloadOf } from "./payload.js";

/** The part of fetch's second argument that is read; the rest goes on to fetch as it is. */
export interface FetchInit {
  readonly method?: string | undefined;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal?: unknown;
}

/** What fetch is to be called with. */
export type FetchArguments = readonly [input: unknown, init: object | undefined];

/** A call of the Bot API that is about to be made by fetch. */
export interface BotApiRequest {
  /** The bot's token: a secret. */
  readonly token: string;
  readonly method: string;
  /** Its parameters with the files in place, and what `delivery()` put into the init. */
  readonly payload: Payload;
  /** Recognises the payload's files, for {@link Call.fileOf}. */
  readonly fileOf: NonNullable<Call["fileOf"]>;
  /** Ends the caller's patience. */
  readonly signal: AbortSignalLike | undefined;
  /**
   * What to call fetch with, for each try: the same bytes every time. A stream of more than 16 MB goes out
   * once; the payload then holds a stream, so a guard does not try it again.
   *
   * @throws Error when such a stream is asked for twice
   */
  replay(): FetchArguments;
  /** Lets go of the body of a call that is not made after all. */
  discard(): void;
}

/**
 * Reads a request to the Bot API before it is made: what it says, and how to send it more than once. Reading
 * spoils no more than fetch would: streams and the bodies of Requests are read here, and sent from memory.
 *
 * @returns undefined for anything that is no Bot API call: untouched, for fetch as it is
 * @throws what a streamed body throws, or the signal's reason while it is being read: nothing has been sent
 * @example
 * const request = await readBotApiRequest(url, init);
 * if (request === undefined) return fetch(url, init);
 */
export async function readBotApiRequest(
  input: unknown,
  init?: FetchInit,
): Promise<BotApiRequest | undefined> {
  const path = botApiPath(urlOf(input));
  if (path === undefined || isSpent(input)) return undefined;
  const request = requestOf(input);
  const signal = (init?.signal ?? request?.signal ?? undefined) as AbortSignalLike | undefined;
  const body = await bodyOf(request, init, signal);
  const options = init && carriedOptions(init as Payload);
  const entries: Entry[] = [...path.query, ...(body?.entries ?? [])];
  return {
    token: path.token,
    method: path.method,
    payload: { ...payloadOf(entries), ...(options && delivery(options)) },
    fileOf,
    signal,
    replay: () => [input, body ? withBody(init, headersOf(request, init), body) : init],
    discard: () => body?.discard?.(),
  };
}

/** The error that fetch rejects with when its signal has aborted; polyfills know no reason. */
export function abortReason(signal: AbortSignalLike | undefined): unknown {
  const { reason } = (signal ?? {}) as { readonly reason?: unknown };
  return reason ?? new DOMException("This operation was aborted", "AbortError");
}

interface RequestLike extends FetchInit {
  readonly url: string;
  readonly headers: HeadersLike;
  readonly bodyUsed?: boolean;
}

function requestOf(input: unknown): RequestLike | undefined {
  const request = input as Partial<RequestLike> | null | undefined;
  return typeof request?.url === "string" ? (request as RequestLike) : undefined;
}

/** Its body was read by somebody else: fetch has a word for that. */
const isSpent = (input: unknown): boolean => requestOf(input)?.bodyUsed === true;

const headersOf = (request: RequestLike | undefined, init: FetchInit | undefined) =>
  (init?.headers ?? request?.headers) as HeadersLike | null | undefined;

async function bodyOf(
  request: RequestLike | undefined,
  init: FetchInit | undefined,
  signal: AbortSignalLike | undefined,
): Promise<ReadBody | undefined> {
  const body = init?.body ?? request?.body;
  if (body === undefined || body === null) return undefined;
  const contentType = headerOf(headersOf(request, init), "content-type");
  return readBody(body, { contentType, signal, abortError: () => abortReason(signal) });
}

/** `duplex` is what the platform's fetch demands for streams; others do not know it. */
function withBody(
  init: FetchInit | undefined,
  headers: HeadersLike | null | undefined,
  { contentType, again }: ReadBody,
): object {
  const body = again();
  const typed =
    contentType === undefined ? {} : { headers: withHeader(headers, "content-type", contentType) };
  const streamed = typeof body === "object" && body !== null && isOpaque(body) ? { duplex: "half" } : {};
  return { ...init, ...typed, ...streamed, body };
}
