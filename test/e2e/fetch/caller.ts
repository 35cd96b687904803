import { createGuard, type GuardOptions, guardFetch } from "@sendonce/core";
import { VirtualClock } from "@sendonce/core/testing";
import { createEmulator, type Emulator, type EmulatorOptions } from "@sendonce/emulator";
import { onTestFinished } from "vitest";
import { telegram, token } from "../../kit/telegram.js";

/** What went over the wire in one request. */
export interface OnTheWire {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Makes Bot API calls by a guarded fetch. */
export class Caller {
  readonly wire: OnTheWire[] = [];
  readonly fetch: ReturnType<typeof guardFetch<typeof fetch>>;
  readonly emulator: Emulator;
  readonly #root: string;

  constructor(
    emulator: Emulator,
    root: string,
    plain: typeof fetch,
    options: Parameters<typeof guardFetch>[1],
  ) {
    this.emulator = emulator;
    this.#root = root;
    this.fetch = guardFetch(this.#recorded(plain), options);
  }

  url(method: string): string {
    return `${this.#root}/bot${token}/${method}`;
  }

  /** A POST with whatever body. */
  post(method: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    return this.fetch(this.url(method), { method: "POST", body: body as string, ...init });
  }

  json(method: string, payload: object, init: RequestInit = {}): Promise<Response> {
    const headers = { "content-type": "application/json" };
    return this.post(method, JSON.stringify(payload), { headers, ...init });
  }

  say(text: string, chat: number | string = 7, init?: RequestInit): Promise<Response> {
    return this.json("sendMessage", { chat_id: chat, text }, init);
  }

  /** Copies what is sent, as the platform would write it. */
  #recorded(plain: typeof fetch): typeof fetch {
    return async (input, init) => {
      const request = new Request(input, init);
      const body = Buffer.from(await request.clone().arrayBuffer());
      this.wire.push({ url: request.url, headers: request.headers, body });
      return plain(request);
    };
  }
}

/** A caller over real sockets. */
export async function caller(options: GuardOptions = {}, plain: typeof fetch = fetch): Promise<Caller> {
  const emulator = await telegram();
  const guard = createGuard(options);
  onTestFinished(() => guard.close());
  return new Caller(emulator, emulator.url, plain, guard);
}

/** A caller in virtual time, without sockets. */
export function virtualCaller(options: GuardOptions = {}, world: EmulatorOptions = {}) {
  const clock = new VirtualClock();
  const emulator = createEmulator({ ...world, clock });
  onTestFinished(() => emulator.close());
  const plain = emulator.fetch as unknown as typeof fetch;
  return Object.assign(new Caller(emulator, "http://telegram.local", plain, { ...options, clock }), {
    clock,
  });
}

/** The body of an answer. */
export const bodyOf = async (answer: Response | Promise<Response>) =>
  (await (await answer).json()) as {
    ok: boolean;
    result: { message_id: number; [field: string]: unknown };
    error_code?: number;
    description: string;
    parameters?: Record<string, unknown>;
  };

export const idOf = async (answer: Response | Promise<Response>) => (await bodyOf(answer)).result.message_id;
