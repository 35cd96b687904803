import type { AbortSignalLike, Call, Guard, Payload, Reply } from "@sendonce/core";
import type { Telegram } from "telegraf";
import { fileOf } from "./files.js";
import { closeStreams, takeStreams } from "./streams.js";
import { notUploaded, replyOf, resultOf } from "./translate.js";

const installed: unique symbol = Symbol.for("sendonce.telegraf.installed");

/** What a Telegram was guarded with, so that its bot, installed later, joins in. */
export interface Guarded {
  /** Stands for the bot in every key. */
  readonly name: string;
  readonly guard: Guard;
}

type MarkedTelegram = Telegram & { readonly [installed]?: Guarded };

/** What this Telegram is guarded with, itself or as a view of one that is. */
export const guardedOf = (telegram: MarkedTelegram): Guarded | undefined => telegram[installed];

/** `callApi` without the per-method types that a function for all methods cannot use. */
type LooseCallApi = (method: string, payload: Payload | undefined, options?: CallOptions) => Promise<unknown>;

interface CallOptions {
  readonly signal?: AbortSignalLike;
}

/** Everything that a Telegram sends goes through its `callApi`; this puts the guard there, once. */
export function guardTelegram(telegram: MarkedTelegram, guarded: Guarded): void {
  if (guardedOf(telegram) !== undefined) return;
  const original = telegram.callApi as unknown as LooseCallApi;
  const { name, guard } = guarded;

  async function callApi(
    this: MarkedTelegram | undefined,
    method: string,
    payload?: Payload,
    options?: CallOptions,
  ): Promise<unknown> {
    const call: Call = { bot: name, method, payload: payload ?? {}, fileOf };
    // A view of this Telegram has options of its own.
    const sender = this && guardedOf(this) ? this : telegram;
    const send = async (): Promise<Reply> => {
      const spent = takeStreams(call.payload);
      if (spent) return notUploaded(spent);
      return replyOf(call, telegram.token, () => original.call(sender, method, payload, options));
    };
    const delivery = await guard.run(call, send, options?.signal);
    if (delivery.status === "replayed") closeStreams(call.payload);
    return resultOf(call, delivery);
  }

  Object.defineProperty(telegram, installed, { value: guarded });
  // Writable, because plugins put a callApi of their own around this one.
  Object.defineProperty(telegram, "callApi", { value: callApi, writable: true, configurable: true });
}
