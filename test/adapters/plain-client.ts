import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { AdapterFiles, MakeCall, SaidError } from "@sendonce/core/testing";

/** What a client of somebody's own throws when the Bot API says no. */
export class BotApiError extends Error {
  readonly error_code!: number;
  readonly description!: string;
  readonly parameters!: object | undefined;

  constructor({ error_code, description, parameters }: BotApiError) {
    super(description);
    Object.assign(this, { error_code, description, parameters });
  }
}

/** A file on disk, opened when it is sent. */
export class OnDisk {
  constructor(readonly path: string) {}
}

/** A client without a framework: JSON, or a form where there are files, by fetch. */
export function callsBy(send: typeof fetch, url: string, token: string): MakeCall {
  return async (method, payload, signal) => {
    const init = {
      method: "POST",
      ...symbolsOf(payload),
      ...(await bodyOf(payload)),
      ...(signal && { signal }),
    };
    const response = await send(`${url}/bot${token}/${method}`, init);
    const body = JSON.parse(await response.text());
    if (!body.ok) throw new BotApiError(body);
    return body.result;
  };
}

/** `delivery()` rides on fetch's second argument. */
const symbolsOf = (payload: object): object =>
  Object.fromEntries(Object.getOwnPropertySymbols(payload).map((name) => [name, (payload as Symbols)[name]]));

type Symbols = Readonly<Record<symbol, unknown>>;

async function bodyOf(payload: object): Promise<RequestInit> {
  const form = new FormData();
  const plain = await attached(payload, form);
  if (form.entries().next().done) {
    return { headers: { "content-type": "application/json" }, body: JSON.stringify(payload) };
  }
  for (const [name, value] of Object.entries(plain as object)) {
    if (value !== undefined) form.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return { body: form };
}

/** The payload with `attach://` in place of its files, which go into the form. */
async function attached(value: unknown, form: FormData): Promise<unknown> {
  if (value instanceof OnDisk) {
    return attached(new File([await openAsBlob(value.path)], basename(value.path)), form);
  }
  if (value instanceof File) {
    const name = `file-${Math.random().toString(36).slice(2)}`;
    form.set(name, value);
    return `attach://${name}`;
  }
  if (Array.isArray(value)) return Promise.all(value.map((item) => attached(item, form)));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(async ([name, item]) => [name, await attached(item, form)]);
  return Object.fromEntries(await Promise.all(entries));
}

/** Its file values. */
export const plainFiles: AdapterFiles = {
  bytes: (data, filename) => new File([new Uint8Array(data)], filename),
  path: (path) => new OnDisk(path),
};

/** What its errors say. */
export function errorOf(error: unknown): SaidError {
  if (error instanceof BotApiError) {
    const { error_code, description, parameters } = error;
    return { kind: "api", error_code, description, parameters };
  }
  const { name } = error as Error;
  if (name === "AbortError") return { kind: "aborted" };
  return { kind: error instanceof TypeError || error instanceof SyntaxError ? "network" : "other" };
}
