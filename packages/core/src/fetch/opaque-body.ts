import { PassThrough, Readable } from "node:stream";
import type { AbortSignalLike } from "../call.js";
import { contentLimitBytes } from "../fingerprint/file-digest.js";

/** A body that can only be read to its end: bytes if it was short enough to be kept, else its head and a rest. */
export type OpaqueBody =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  | {
      readonly kind: "stream";
      readonly head: Buffer;
      /** The whole, head first; to be read once. */
      readonly whole: () => unknown;
      /** Lets go of the source when nothing is to be sent. */
      readonly discard: () => void;
    };

type Chunks = AsyncIterator<Uint8Array | string>;

/** A stream of the platform or of Node, an async iterable, or the `form-data` package, which is an older kind. */
export const isOpaque = (body: object): boolean =>
  Symbol.asyncIterator in body ||
  typeof (body as { getReader?: unknown }).getReader === "function" ||
  typeof (body as { pipe?: unknown }).pipe === "function";

/**
 * Reads a stream, so that a second try does not send an empty one. Beyond the limit it is left where it is.
 *
 * @throws the stream's own error, or `abortError()` when the signal aborts first; nothing has been sent then
 */
export async function keepOpaque(
  body: object,
  signal: AbortSignalLike | undefined,
  abortError: () => unknown,
): Promise<OpaqueBody> {
  const source = chunksOf(body);
  const chunks: Buffer[] = [];
  let size = 0;
  while (size <= contentLimitBytes) {
    const { done, value } = await untilAborted(source.next(), signal, () => {
      letGo(body, source);
      return abortError();
    });
    if (done) return { kind: "bytes", bytes: Buffer.concat(chunks) };
    const chunk = Buffer.from(value as Uint8Array);
    chunks.push(chunk);
    size += chunk.length;
  }
  const head = Buffer.concat(chunks);
  const whole = () => likeIts(body, joined(head, source));
  return { kind: "stream", head, whole, discard: () => letGo(body, source) };
}

function chunksOf(body: object): Chunks {
  if (Symbol.asyncIterator in body) return (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  if ("getReader" in body)
    return Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0])[Symbol.asyncIterator]();
  const old = body as NodeJS.ReadableStream;
  const flow = new PassThrough();
  old.on("error", (error: Error) => flow.destroy(error));
  return old.pipe(flow)[Symbol.asyncIterator]();
}

async function* joined(head: Buffer, rest: Chunks): AsyncGenerator<Uint8Array> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next())
    yield Buffer.from(next.value as Uint8Array);
}

/** Each fetch takes its own kind of stream; Node's is taken by all that run on Node. */
function likeIts(body: object, chunks: AsyncGenerator<Uint8Array>): unknown {
  const stream = Readable.from(chunks, { objectMode: false });
  return "getReader" in body ? Readable.toWeb(stream) : stream;
}

/** An iterator that is waiting for its source hears nothing before that moves: Node's streams are told themselves. */
function letGo(body: object, source: Chunks): void {
  const { destroy } = body as { readonly destroy?: () => unknown };
  if (typeof destroy === "function") destroy.call(body);
  Promise.resolve(source.return?.()).catch(() => {});
}

function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignalLike | undefined,
  abortError: () => unknown,
): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(abortError());
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
