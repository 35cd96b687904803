import type { Readable } from "node:stream";
import { ConfigurationError, type Payload } from "@sendonce/core";
import { streamsIn } from "./files.js";

/** Streams that an upload was begun with: whatever became of it, some of their bytes are gone. */
const begun = new WeakSet<object>();

/**
 * To be called before each upload. Telegraf sends a stream that was read already as a file of 0 bytes, and
 * Telegram takes it.
 *
 * @returns the error for a payload whose stream has nothing left to give; else its streams count as read
 */
export function takeStreams(payload: Payload): ConfigurationError | undefined {
  const streams = streamsIn(payload);
  if (streams.some(isSpent)) {
    return new ConfigurationError(
      "a stream in this payload was read before and would be uploaded empty; nothing was sent. Give each call a new stream, or a Buffer or a path: { source: path }",
    );
  }
  for (const stream of streams) begun.add(stream);
  return undefined;
}

/**
 * Closes what a call was given that sent nothing because it had been sent before: as an upload would have, or an open
 * file would stay open for each. After a refusal they stay open: the call may be made again.
 */
export function closeStreams(payload: Payload): void {
  for (const stream of streamsIn(payload)) {
    if (!begun.has(stream)) (stream as Partial<Readable>).destroy?.();
  }
}

/** Old-style streams do not tell whether they are readable: they are taken as they come. */
function isSpent(stream: NodeJS.ReadableStream): boolean {
  return begun.has(stream) || (stream as { readonly readable?: boolean }).readable === false;
}
