import type { AbortSignalLike } from "../clock.js";
import { type LineEnd, MemoryLine } from "./line.js";

/** The options of a fetch that the emulator reads: those of the platform, of node-fetch and of grammY. */
export interface EmulatorFetchInit {
  method?: string;
  headers?: unknown;
  /** Text, bytes, form data, a Node stream or any async iterable. */
  body?: unknown;
  /** A native AbortSignal or any other with the same methods. */
  signal?: unknown;
}

/** `fetch`, answered in this process. */
export type EmulatorFetch = (input: string | URL | Request, init?: EmulatorFetchInit) => Promise<Response>;

/** Makes a fetch of an app: no sockets, but the same cuts and aborts as with node-fetch. */
export function inProcessFetch(
  app: (request: Request, line: MemoryLine) => Response | Promise<Response>,
): EmulatorFetch {
  return async function emulatorFetch(input, init = {}) {
    const signal = init.signal as AbortSignalLike | null | undefined;
    if (signal?.aborted) throw aborted();
    const request = input instanceof Request ? input : await requestOf(String(input), init);
    const line = new MemoryLine();
    return new Promise<Response>((resolve, reject) => {
      const abort = () => {
        line.hangUp();
        reject(aborted());
      };
      signal?.addEventListener("abort", abort);
      Promise.resolve(app(request, line))
        .then((response) => (line.end ? reject(broken(line.end)) : resolve(response)), reject)
        .finally(() => signal?.removeEventListener("abort", abort));
    });
  };
}

async function requestOf(
  url: string,
  { method = "GET", headers, body }: EmulatorFetchInit,
): Promise<Request> {
  const content = isStream(body) ? await collect(body) : (body as RequestInit["body"]);
  return new Request(url, {
    method,
    ...(headers ? { headers: headers as Record<string, string> } : {}),
    ...(content === undefined || content === null ? {} : { body: content }),
  });
}

const isStream = (body: unknown): body is AsyncIterable<Uint8Array | string> =>
  typeof body === "object" &&
  body !== null &&
  Symbol.asyncIterator in body &&
  !(body instanceof ReadableStream);

async function collect(stream: AsyncIterable<Uint8Array | string>): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const aborted = () =>
  Object.assign(new Error("The user aborted a request."), { name: "AbortError", type: "aborted" });

function broken(end: LineEnd): Error {
  const code = end === "refused" ? "ECONNREFUSED" : "ECONNRESET";
  const reason = end === "refused" ? "connect ECONNREFUSED" : "socket hang up";
  const message = `request to the emulator failed, reason: ${reason}`;
  return Object.assign(new Error(message), { name: "FetchError", type: "system", code, errno: code });
}
