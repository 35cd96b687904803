import { type ApiResponse, withCarried } from "@sendonce/core";
import { Api, type ApiClientOptions, type Transformer } from "grammy";
import { type BridgedCall, readBridgedCall } from "./bridged-call.js";

type Fetch = NonNullable<ApiClientOptions["fetch"]>;

/** The far half of the plugin bridge, loaded when the first call comes over it: a fetch that leads into a guarded Api. */
export function bridgedFetch(token: string, options: ApiClientOptions, transformer: Transformer): Fetch {
  const own = wholeCallsOf(new Api(token, options), transformer);
  const fetch = async (...[input, init]: Parameters<Fetch>) => {
    const call = await readBridgedCall(input, init as never);
    // A file that a plugin downloads.
    if (call === undefined) return (options.fetch ?? (globalThis.fetch as unknown as Fetch))(input, init);
    // Another bot may have been made from these options; it is not ours to guard.
    const calls = call.token === token ? own : wholeCallsOf(new Api(call.token, options));
    return responseTo(await answerTo(calls, call));
  };
  return fetch as unknown as Fetch;
}

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
