import type { ApiResponse, Reply } from "../call.js";
import { networkFacts } from "./network-facts.js";

/** The part of a Response that is used, of whatever fetch. */
export interface ResponseLike {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Iterable<[string, string]>;
  readonly url: string;
  readonly body: unknown;
  clone(): ResponseLike;
  text(): Promise<string>;
}

/** An answer to one try: the Response for its own caller, and what makes an equal one for a twin. */
export interface Answer {
  readonly response: ResponseLike;
  readonly text: string | undefined;
  readonly reply: Reply;
}

/**
 * Reads an answer and leaves it unread for the caller. The platform's Response is cloned, and its caller gets the
 * very object. A clone of node-fetch's stands still when more than 16 KB of the other half are unread: that one is
 * read, and made anew by its own class.
 */
export async function answerOf(response: ResponseLike): Promise<Answer> {
  // Statuses such as 204 have no body, nor may one be given to them.
  if (response.body === null) return { response, text: "", reply: replyOf("") };
  if (!isPlatforms(response)) {
    const text = await response.text();
    return { response: madeAnew(response, text), text, reply: replyOf(text) };
  }
  try {
    const text = await response.clone().text();
    return { response, text, reply: replyOf(text) };
  } catch (error) {
    // The caller meets the same error when it reads its half.
    return { response, text: undefined, reply: { type: "failure", error, ...networkFacts(error) } };
  }
}

const isPlatforms = ({ body }: ResponseLike): boolean =>
  typeof (body as { readonly getReader?: unknown } | null)?.getReader === "function";

type ResponseClass = new (text: string, facts: object) => ResponseLike;

function madeAnew(response: ResponseLike, text: string): ResponseLike {
  const { status, statusText, headers, url } = response;
  return new (response.constructor as ResponseClass)(text, { status, statusText, headers, url });
}

/** A body that is none of Telegram's proves nothing, whatever its status says. */
function replyOf(text: string): Reply {
  try {
    const body = JSON.parse(text) as ApiResponse | null;
    if (typeof body?.ok === "boolean") return { type: "response", body };
  } catch {
    // said below
  }
  return { type: "failure", error: new Error("the answer to a Bot API call is not one of the Bot API") };
}

/** What describes the body that was, rather than the one that is made of its text. */
const ofTheBody = new Set(["content-encoding", "content-length", "transfer-encoding"]);

/** The answer that somebody else was given, once more. */
export function equalResponse({ response, text = "" }: Answer): Response {
  const { status, statusText } = response;
  const headers = [...response.headers].filter(([name]) => !ofTheBody.has(name.toLowerCase()));
  return new Response(text || null, { status, statusText, headers });
}

/** An answer of the Bot API that Telegram has not given. */
export function apiAnswer(body: ApiResponse): Response {
  const headers = new Headers({ "content-type": "application/json" });
  const retryAfter = body.ok ? undefined : body.parameters?.retry_after;
  if (retryAfter !== undefined) headers.set("retry-after", String(retryAfter));
  return new Response(JSON.stringify(body), { status: body.ok ? 200 : body.error_code, headers });
}
