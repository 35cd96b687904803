import type { ApiResponse, Reply } from "../call.js";

/** Anything that an API client may have thrown or returned. */
type Foreign = { readonly [field: string]: unknown };

/** How deep clients nest the error that tells: an error in an error in an error. */
const deepest = 4;

/** What a function that sends returned: an API's answer as it is, or the result itself. */
export function replyOf(returned: unknown): Reply {
  const said = fieldsOf(returned);
  if (said?.ok === false) return replyToRefusal(said);
  const result = said?.ok === true && "result" in said ? said.result : returned;
  return { type: "response", body: { ok: true, result: carryable(result) } };
}

/**
 * What the function's rejection proves: an error that holds the API's answer (grammY's, Telegraf's, or with an
 * HTTP status of 4xx) means that it said no; a network error tells by its code; anything else tells nothing.
 */
export function replyToError(error: unknown): Reply {
  const answer = wrapped(error, ["response", "body", "data", "error", "cause"]).map(refusalIn).find(Boolean);
  if (answer) return { type: "response", body: answer };
  const network = wrapped(error, ["error", "cause"]).find(({ code }) => typeof code === "string");
  if (!network) return { type: "failure", error };
  const connecting = network.syscall === "connect" || /reason: connect /.test(String(network.message));
  const syscall = connecting ? "connect" : undefined;
  return { type: "failure", error, code: network.code as string, syscall };
}

/** `message_id` of what was sent; of an album, the first one's. */
export function messageIdOf(result: unknown): number | string | undefined {
  const { message_id: id, [textId]: text } = fieldsOf(Array.isArray(result) ? result[0] : result) ?? {};
  if (typeof text === "string") return Buffer.from(text, "base64url").toString();
  return typeof id === "number" && id !== 0 ? id : undefined;
}

/** Ids that are texts (a mail's, say) are stored encoded: what looks like a sentence would not be kept. */
const textId = "text_id";

/**
 * A result as the guard stores one. What holds no message id is an empty object: `true`, which webhook replies
 * answer before anything is sent, must not stand here for "sent".
 */
function carryable(result: unknown): unknown {
  if (Array.isArray(result) && messageIdOf(result) !== undefined) return result;
  const { message_id, messageId, id } = fieldsOf(result) ?? {};
  const said = message_id ?? messageId ?? id;
  if (typeof said === "string" && said !== "") return { [textId]: Buffer.from(said).toString("base64url") };
  if (!Number.isSafeInteger(said)) return {};
  return said === message_id ? result : { message_id: said };
}

/** An answer that says no, given back instead of thrown. One that tells nothing is a failure. */
function replyToRefusal(said: Foreign): Reply {
  const body = refusalIn(said);
  return body ? { type: "response", body } : { type: "failure", error: said };
}

/** The refusal that an error or an answer holds: Telegram's own, or an HTTP status that means "not done". */
function refusalIn(said: Foreign): (ApiResponse & { ok: false }) | undefined {
  const { error_code, description = said.message ?? said.statusText } = said;
  const text = String(description ?? "");
  if (typeof error_code === "number") {
    return { ok: false, error_code, description: text, parameters: fieldsOf(said.parameters) };
  }
  const status = [said.status, said.statusCode].find((code) => typeof code === "number") as
    | number
    | undefined;
  if (status === undefined || status < 400 || status >= 500 || status === requestTimeout) return undefined;
  const seconds = Number(headerOf(said.headers, "retry-after"));
  return {
    ok: false,
    error_code: status,
    description: text,
    ...(seconds > 0 && { parameters: { retry_after: seconds } }),
  };
}

/** Answered by proxies for requests that may have gone through. */
const requestTimeout = 408;

function headerOf(headers: unknown, name: string): unknown {
  const fields = fieldsOf(headers);
  return typeof fields?.get === "function" ? fields.get.call(headers, name) : fields?.[name];
}

/** A value and what it wraps under these names, outermost first. */
function wrapped(value: unknown, names: readonly string[], depth = 0): Foreign[] {
  const fields = fieldsOf(value);
  if (!fields || depth > deepest) return [];
  return [fields, ...names.flatMap((name) => wrapped(fields[name], names, depth + 1))];
}

const fieldsOf = (value: unknown): Foreign | undefined =>
  typeof value === "object" && value !== null ? (value as Foreign) : undefined;
