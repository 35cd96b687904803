import {
  type ApiResponse,
  type Call,
  type Delivery,
  networkFacts,
  type Reply,
  redactToken,
  refusalResponse,
} from "@sendonce/core";
import { TelegramError } from "telegraf";
import { urlsIn } from "./files.js";

type ErrorBody = ApiResponse & { readonly ok: false };

/** The error that Telegraf threw for an answer: callers get that very object back. */
const thrown = new WeakMap<ApiResponse, unknown>();

/** Telegraf's result or exception → what the guard understands. */
export async function replyOf(call: Call, token: string, send: () => Promise<unknown>): Promise<Reply> {
  try {
    return { type: "response", body: { ok: true, result: await send() } };
  } catch (error) {
    const absent = isNoFile(error) || isAbout(urlsIn(call.payload), error);
    redactToken(error, token);
    if (absent) return notUploaded(error);
    if (!isTelegramError(error)) return { type: "failure", error, ...networkFacts(error) };
    const { error_code, description, parameters } = error.response;
    const body = { ok: false, error_code, description, parameters } as ErrorBody;
    thrown.set(body, error);
    return { type: "response", body };
  }
}

/** A file to upload could not be had: told like one that is not on the disk, since nothing was sent either. */
export const notUploaded = (error: unknown): Reply => ({ type: "failure", error, code: "ENOENT" });

/** What the guard decided → what Telegraf's own call would have returned or thrown. */
export function resultOf({ method, payload }: Call, delivery: Delivery): unknown {
  switch (delivery.status) {
    case "sent":
    case "replayed":
      return delivery.result;
    case "failed":
      return settled(method, payload, delivery.reply);
    case "aborted":
      throw abortError(delivery.message);
    default:
      throw errorFor(refusalResponse(delivery), method, payload);
  }
}

function settled(method: string, payload: Call["payload"], reply: Reply): unknown {
  if (reply.type === "failure") throw reply.error;
  if (reply.body.ok) return reply.body.result;
  throw thrown.get(reply.body) ?? errorFor(reply.body, method, payload);
}

/** What Telegraf throws for an answer that says no. */
const errorFor = (body: ErrorBody, method: string, payload: Call["payload"]): TelegramError =>
  new TelegramError(body as ConstructorParameters<typeof TelegramError>[0], { method, payload });

/** As node-fetch raises it for an aborted request; its class is not Telegraf's to give. */
const abortError = (message: string): Error =>
  Object.assign(new Error(message), { name: "AbortError", type: "aborted" });

/** By shape too: there may be two copies of Telegraf. */
function isTelegramError(error: unknown): error is TelegramError {
  if (error instanceof TelegramError) return true;
  const { response, on } = (error ?? {}) as Partial<TelegramError>;
  return typeof response?.error_code === "number" && on !== undefined;
}

/**
 * What Telegraf and node-fetch say, before anything is sent, of a folder given as `{ source }` and of an address
 * given as `{ url }` that is none.
 */
const neverFile =
  /^(Unable to upload '.*', not a file|Only (absolute URLs|HTTP\(S\) protocols) are supported)$/s;

const isNoFile = (error: unknown): boolean => error instanceof TypeError && neverFile.test(error.message);

/** node-fetch names the address that it failed at: one of the files', before the call itself was begun? */
function isAbout(urls: readonly string[], error: unknown): boolean {
  if (urls.length === 0 || !(error instanceof Error)) return false;
  const failedAt = /^(?:request to|network timeout at:) (\S+)/.exec(error.message)?.[1];
  return failedAt !== undefined && urls.some((url) => URL.canParse(url) && new URL(url).href === failedAt);
}
