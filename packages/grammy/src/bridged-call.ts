import {
  type AbortSignalLike,
  type BotApiRequest,
  type FileSource,
  type Payload,
  readBotApiRequest,
  untilAborted,
} from "@sendonce/core";
import { InputFile } from "grammy";

/** A call of the Bot API that some Api has turned into a request, as a call again. */
export interface BridgedCall {
  /** The bot that is to make it: a secret. */
  readonly token: string;
  readonly method: string;
  readonly payload: Payload;
  readonly signal: AbortSignalLike | undefined;
}

type Init = Parameters<typeof readBotApiRequest>[1];

/**
 * Reads a call off the request that an Api makes of it; its files are held in memory, so that they can be sent again.
 *
 * @returns undefined for anything else, a download say
 */
export async function readBridgedCall(input: unknown, init: Init): Promise<BridgedCall | undefined> {
  const request = await wholeRequest(input, init);
  if (request === undefined) return undefined;
  const { token, method, signal } = request;
  return { token, method, signal, payload: (await withUploads(request.payload, request.fileOf)) as Payload };
}

/** An upload that was too long to be read on the way is read to its end. */
async function wholeRequest(input: unknown, init: Init): Promise<BotApiRequest | undefined> {
  const request = await readBotApiRequest(input, init);
  if (request === undefined || !Object.values(request.payload).some(isUnread(request))) return request;
  const [, sent] = request.replay() as [unknown, { body: AsyncIterable<Uint8Array> }];
  const body = await untilAborted(wholeOf(sent.body), request.signal);
  if (body === undefined) throw new DOMException("The user aborted a request.", "AbortError");
  return readBotApiRequest(input, { ...init, body });
}

async function wholeOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const isUnread =
  ({ fileOf }: BotApiRequest) =>
  (value: unknown) =>
    typeof value === "object" && value !== null && fileOf(value)?.kind === "stream";

/** The payload with grammY's own files in place of those that were read off the request. */
async function withUploads(value: unknown, fileOf: BotApiRequest["fileOf"]): Promise<unknown> {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((item) => withUploads(item, fileOf)));
  const file = fileOf(value);
  if (file) return uploadOf(file);
  const entries = Object.entries(value).map(
    async ([key, item]) => [key, await withUploads(item, fileOf)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function uploadOf(file: FileSource): Promise<InputFile> {
  if (file.kind === "bytes") return new InputFile(file.data, file.filename);
  if (file.kind === "blob")
    return new InputFile(new Uint8Array(await file.blob.arrayBuffer()), file.filename);
  throw new Error("sendonce: a file of this request cannot be read");
}
