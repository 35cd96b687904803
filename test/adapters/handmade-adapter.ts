import { AsyncResource } from "node:async_hooks";
import {
  type ApiResponse,
  botIdOf,
  type Delivery,
  type FileSource,
  type Guard,
  type Reply,
  refusalResponse,
} from "@sendonce/core";
import type { AdapterBinding, LawUpdate, MakeCall } from "@sendonce/core/testing";
import { BotApiError, callsBy, errorOf, OnDisk, plainFiles } from "./plain-client.js";

/** Each is a mistake that an author may make; see broken.test.ts for the laws that catch it. */
export type Mistake =
  | "no scope"
  | "handler errors swallowed"
  | "no user"
  | "one name for all bots"
  | "never put on"
  | "put on twice, its own way unmarked"
  | "Telegram's answers taken for failures"
  | "unknown retried"
  | "unknown taken for unsent"
  | "unsent taken for unknown"
  | "payload emptied"
  | "options on the wire"
  | "token in errors"
  | "refusals as plain errors"
  | "refusals without parameters"
  | "results shared"
  | "signal kept from the guard"
  | "signal listened to for ever"
  | "files by name"
  | "fields it does not know dropped"
  | "Telegram's errors reworded"
  | "all methods guarded like messages";

/** A small framework, whose bots are guarded by hand, as an author of a third adapter would. */
export function handmade(...mistakes: Mistake[]): AdapterBinding {
  const made = (mistake: Mistake) => mistakes.includes(mistake);
  return {
    name: ["a handmade adapter", ...mistakes].join(": "),
    lacks: {
      url: "the framework fetches nothing",
      stream: "the framework takes no streams",
      send: "the framework has no short forms",
      reply: "the framework has no short forms",
    },
    files: plainFiles,
    open({ url, token, guard, installs, onUpdate }) {
      let call = callsBy(fetch, url, token);
      let handle = (update: LawUpdate): Promise<unknown> => onUpdate(update, { call });
      const once = made("never put on") ? 0 : 1;
      const times = made("put on twice, its own way unmarked") ? installs : Math.min(installs, once);
      for (let i = 0; i < times; i++) {
        // Core itself knows a call that it is sending already, unless the adapter loses sight of where it is made.
        if (made("put on twice, its own way unmarked")) call = AsyncResource.bind(call);
        call = guardedCall(call, { token, guard, made });
        handle = guardedHandle(handle, { token, guard, made });
      }
      return { call: (...args) => call(...args), handle: async (update) => void (await handle(update)) };
    },
    errorOf,
  };
}

interface Place {
  readonly token: string;
  readonly guard: Guard;
  readonly made: (mistake: Mistake) => boolean;
}

const nameOf = ({ token, guard, made }: Place): string => {
  guard.expectBot(botIdOf(token));
  return made("one name for all bots") ? "bot" : (guard.namespace ?? botIdOf(token));
};

type Handle = (update: LawUpdate) => Promise<unknown>;

function guardedHandle(handle: Handle, place: Place): Handle {
  const { guard, made } = place;
  const bot = nameOf(place);
  if (made("no scope")) return handle;
  return async (update) => {
    const userId = made("no user") ? undefined : senderOf(update);
    const facts = { bot, updateId: update.update_id, userId };
    const handled = guard.handleUpdate(facts, () => handle(update));
    await (made("handler errors swallowed") ? handled.catch(() => {}) : handled);
  };
}

const senderOf = (update: LawUpdate): number | undefined =>
  Object.values(update as object).find((content) => content?.from)?.from.id;

function guardedCall(original: MakeCall, place: Place): MakeCall {
  const { guard, made } = place;
  const bot = nameOf(place);
  const results = new Map<string, unknown>();
  return async function guarded(method, payload, signal) {
    const named = made("all methods guarded like messages") ? "sendMessage" : method;
    const fileOf = made("files by name") ? undefined : fileIn;
    const sent = {
      ...payload,
      ...(made("options on the wire") && { priority: "high" }),
      ...(made("fields it does not know dropped") && { a_field_of_tomorrow: undefined }),
    };
    if (made("signal listened to for ever")) signal?.addEventListener("abort", () => {});
    const send = () => replyOf(() => original(method, sent, signal), place);
    const call = { bot, method: named, payload: { ...payload }, fileOf };
    const delivery = await guard.run(call, send, made("signal kept from the guard") ? undefined : signal);
    if (made("payload emptied")) (payload as { text?: unknown }).text = undefined;
    const answer = resultOf(delivery, place);
    if (!made("results shared") || typeof answer !== "object" || answer === null) return answer;
    const key = JSON.stringify([method, payload]);
    return results.get(key) ?? results.set(key, answer).get(key);
  };
}

async function replyOf(request: () => Promise<unknown>, place: Place): Promise<Reply> {
  const { made, token } = place;
  try {
    return { type: "response", body: { ok: true, result: await request() } };
  } catch (error) {
    if (made("token in errors")) (error as Error).message += ` (${token})`;
    if (!(error instanceof BotApiError)) {
      if (made("unknown retried")) return replyOf(request, { ...place, made: () => false });
      if (made("unknown taken for unsent")) return { type: "failure", error, code: "ECONNREFUSED" };
      return { type: "failure", error, ...(!made("unsent taken for unknown") && codeOf(error)) };
    }
    if (made("Telegram's answers taken for failures")) return { type: "failure", error };
    const { error_code, parameters } = error;
    const description = made("Telegram's errors reworded") ? `no: ${error.description}` : error.description;
    return { type: "response", body: { ok: false, error_code, description, parameters } as ApiResponse };
  }
}

/** undici puts the code on the cause. */
function codeOf(error: unknown): { code?: string } {
  const code = (error as { cause?: { code?: unknown } }).cause?.code;
  return typeof code === "string" ? { code } : {};
}

function resultOf(delivery: Delivery, { made }: Place): unknown {
  switch (delivery.status) {
    case "sent":
    case "replayed":
      return delivery.result;
    case "failed":
      if (delivery.reply.type === "failure") throw delivery.reply.error;
      throw new BotApiError(delivery.reply.body as never);
    case "aborted":
      throw new DOMException(delivery.message, "AbortError");
    default: {
      if (made("refusals as plain errors")) throw new Error(delivery.message);
      const { parameters, ...body } = refusalResponse(delivery);
      throw new BotApiError({
        ...body,
        ...(!made("refusals without parameters") && { parameters }),
      } as never);
    }
  }
}

function fileIn(value: object): FileSource | undefined {
  if (value instanceof OnDisk) return { kind: "path", path: value.path };
  return value instanceof Blob ? { kind: "blob", blob: value } : undefined;
}
