import {
  type AbortSignalLike,
  DeliveryService,
  delivery,
  type Guard,
  guardFetch,
  type Payload,
} from "@sendonce/core";
import type { Emulator } from "@sendonce/emulator";
import { install } from "@sendonce/grammy";
import { install as installTelegraf } from "@sendonce/telegraf";
import { Api, InputFile } from "grammy";
import { Telegram } from "telegraf";

/** What is sent: everywhere the same. */
export interface Said {
  readonly method: string;
  readonly payload: Payload;
  readonly file?: { readonly name: string; readonly bytes: Buffer };
  readonly key?: string;
}

/** One way to Telegram. Answers or throws what its own callers would see. */
export interface Door {
  readonly name: string;
  call(said: Said, signal?: AbortSignal): Promise<unknown>;
}

export type DoorMaker = (token: string, emulator: Emulator, guard: Guard) => Door;

const options = ({ key }: Said) => (key === undefined ? {} : delivery({ key }));

const grammy: DoorMaker = (token, { url }, guard) => {
  const api = install(new Api(token, { apiRoot: url }), guard);
  const raw = api.raw as unknown as Record<string, (payload: object, signal?: AbortSignalLike) => unknown>;
  return {
    name: "grammY",
    call: async (said, signal) => {
      const file = said.file && { photo: new InputFile(said.file.bytes, said.file.name) };
      return raw[said.method]?.({ ...said.payload, ...file, ...options(said) }, signal);
    },
  };
};

const telegraf: DoorMaker = (token, { url }, guard) => {
  const telegram = installTelegraf(new Telegram(token, { apiRoot: url }), guard);
  const calls = telegram as unknown as {
    callApi(method: string, payload: object, options: { signal?: AbortSignal }): Promise<unknown>;
  };
  return {
    name: "Telegraf",
    call: async (said, signal) => {
      const file = said.file && { photo: { source: said.file.bytes, filename: said.file.name } };
      const more = signal === undefined ? {} : { signal };
      return calls.callApi(said.method, { ...said.payload, ...file, ...options(said) }, more);
    },
  };
};

/** A request as somebody without a framework makes it: JSON, a form with a file, or all of it in the URL. */
function request({ payload, file }: Said): { query: string; init: RequestInit } {
  const headers = { "content-type": "application/json" };
  if (file !== undefined) {
    const body = new FormData();
    for (const [name, value] of Object.entries(payload)) {
      body.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
    }
    body.append("photo", new File([file.bytes], file.name));
    return { query: "", init: { method: "POST", body } };
  }
  if (payload.question !== undefined) {
    const fields = Object.entries(payload).map(([name, value]) => [
      name,
      typeof value === "object" ? JSON.stringify(value) : String(value),
    ]);
    return { query: `?${new URLSearchParams(fields as [string, string][])}`, init: {} };
  }
  return { query: "", init: { method: "POST", headers, body: JSON.stringify(payload) } };
}

const byFetch: DoorMaker = (token, { url }, guard) => {
  const send = guardFetch(fetch, guard);
  return {
    name: "guardFetch",
    call: async (said, signal) => {
      const { query, init } = request(said);
      const more = { ...init, ...(signal && { signal }), ...options(said) };
      const response = await send(`${url}/bot${token}/${said.method}${query}`, more);
      const body = (await response.json()) as { ok: boolean };
      if (!body.ok) throw Object.assign(new Error("Telegram said no"), body);
      return body;
    },
  };
};

const byService: DoorMaker = (token, { url }, guard) => {
  const service = new DeliveryService(guard, { namespace: token.split(":")[0] as string });
  let ids = 0;
  return {
    name: "DeliveryService",
    call: async (said, signal) => {
      const report = await service.sendWithReliabilityGuards({
        deliveryId: said.key ?? `delivery ${ids++}`,
        postData: { ...said.payload, file: said.file?.bytes },
        ...(signal && { signal }),
        sendFunction: async () => {
          const { query, init } = request(said);
          const response = await fetch(`${url}/bot${token}/${said.method}${query}`, {
            ...init,
            ...(signal && { signal }),
          });
          return response.json();
        },
      });
      if (report.error) throw report.error;
      return report;
    },
  };
};

export const doors: readonly DoorMaker[] = [grammy, telegraf, byFetch, byService];
