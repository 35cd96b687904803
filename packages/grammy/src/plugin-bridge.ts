import type { ApiResponse } from "@sendonce/core";
import { Api, type ApiClientOptions, type Transformer } from "grammy";
import { type BridgedCall, readBridgedCall } from "./bridged-call.js";
import { withCarried } from "./carried-options.js";

const bridged: unique symbol = Symbol.for("sendonce.grammy.bridged");

type Fetch = NonNullable<ApiClientOptions["fetch"]>;

/** So long that an Api of a plugin never times out while a call waits for its turn: each request has its own. */
const dayInSeconds = 86_400;

/**
 * Plugins such as conversations make an Api of their own, `new Api(ctx.api.token, ctx.api.options)`, whose
 * transformers are not the bot's. What such an Api fetches is led back into one Api per bot that is guarded:
 *
 *     plugin's Api ── its recording ── fetch ═ bridge ═▶ own Api ── Sendonce ── the user's options ──▶ Telegram
 *
 * Beneath the recording, so that a replay, which the recording answers, charges and sends nothing.
 */
export class PluginBridge {
  readonly #transformer: Transformer;
  #options: ApiClientOptions | undefined;

  constructor(transformer: Transformer) {
    this.#transformer = transformer;
  }

  /** Makes whatever is built from `api.options` come back here. The api itself keeps the user's own options. */
  cover(api: Api): void {
    if (isBridged(api.options)) return;
    this.#options ??= this.#bridgedOptions(api);
    Object.defineProperty(api, "options", { value: this.#options, enumerable: true, configurable: true });
  }

  #bridgedOptions({ token, options = {} }: Api): ApiClientOptions {
    const own = wholeCallsOf(new Api(token, options), this.#transformer);
    const fetch = async (...[input, init]: Parameters<Fetch>) => {
      const call = await readBridgedCall(input, init as never);
      // A file that a plugin downloads.
      if (call === undefined) return (options.fetch ?? (globalThis.fetch as unknown as Fetch))(input, init);
      // Another bot may have been made from these options; it is not ours to guard.
      const calls = call.token === token ? own : wholeCallsOf(new Api(call.token, options));
      return responseTo(await answerTo(calls, call));
    };
    return {
      ...options,
      timeoutSeconds: dayInSeconds,
      // Where it really goes is up to the own Api; here the address has to tell the method.
      ...(options.buildUrl && { buildUrl: (root, botToken, method) => `${root}/bot${botToken}/${method}` }),
      fetch: Object.assign(fetch as unknown as Fetch, { [bridged]: true }),
    };
  }
}

const isBridged = (options: ApiClientOptions | undefined): boolean =>
  options?.fetch !== undefined && bridged in options.fetch;

/** `raw` knows methods without parameters, and takes those otherwise; so the call goes through in one piece. */
interface WholeCalls {
  callWhole(call: BridgedCall, signal: BridgedCall["signal"]): Promise<ApiResponse>;
}

function wholeCallsOf(api: Api, ...guarded: Transformer[]): WholeCalls {
  api.config.use(...guarded, wholeCalls as unknown as Transformer);
  return api.raw as unknown as WholeCalls;
}

/** Outermost: takes the call apart, and hands on Telegram's whole body instead of a result or an exception. */
const wholeCalls = async (
  prev: (method: string, payload: object, signal: BridgedCall["signal"]) => Promise<ApiResponse>,
  _: string,
  { method, payload }: BridgedCall,
  signal: BridgedCall["signal"],
) => ({ ok: true, result: await prev(method, withCarried(method, payload), signal) });

/** Rejects with what fetch would have: the Api that waits wraps it into a HttpError of its own. */
async function answerTo(calls: WholeCalls, call: BridgedCall): Promise<ApiResponse> {
  try {
    return await calls.callWhole(call, call.signal);
  } catch (error) {
    throw (error as { error?: unknown } | null)?.error ?? error;
  }
}

/** Of Telegram's answers all that an Api reads is the body. */
function responseTo(answer: ApiResponse): Awaited<ReturnType<Fetch>> {
  if (answer.ok) return Response.json(answer) as never;
  const { error_code: status } = answer;
  const isStatus = Number.isInteger(status) && status >= 400 && status <= 599;
  return Response.json(answer, { status: isStatus ? status : 500 }) as never;
}
