import type { Call, FileSource, Payload } from "../call.js";
import { fileDigest } from "../fingerprint/file-digest.js";
import { fileOfMessage } from "../result/media.js";
import { fieldsOf } from "../result/reading.js";

/** Fields of a payload that may hold a file to upload, one of them per message. */
const fileFields = [
  "photo",
  "video",
  "animation",
  "audio",
  "document",
  "voice",
  "video_note",
  "sticker",
] as const;

/** Files whose ids are remembered; the oldest goes first. */
const limit = 256;

/** The fields to send, and what to tell when Telegram has answered. */
export interface Prepared {
  readonly fields: Payload;
  /** Must be called once: with the result, or without one when nothing was sent. */
  settle(result?: unknown): void;
}

type FileOf = Call["fileOf"];

/** A file in a payload, and what it is sent as. */
interface Slot {
  readonly file: FileSource;
  readonly value: object;
  readonly as: string;
}

/**
 * Equal files of a broadcast are uploaded once, and then sent by `file_id`: the first recipient's message uploads,
 * those beside it wait for its answer. A stream, which can be read once only, is carried so too.
 */
export class Uploads {
  readonly #fileOf: FileOf;
  readonly #known = new Map<string, Promise<readonly string[] | undefined>>();
  readonly #streams = new WeakMap<object, number>();
  #streamCount = 0;

  constructor(fileOf: FileOf) {
    this.#fileOf = fileOf;
  }

  /** Waits while another message uploads the same files. */
  async prepare(fields: Payload): Promise<Prepared> {
    const files = this.#filesOf(fields);
    if (files.length === 0) return { fields, settle: nothingToLearn };
    const name = await this.#nameOf(files);
    for (;;) {
      const upload = this.#known.get(name);
      if (upload === undefined) return this.#first(name, fields, files.length);
      const ids = await upload;
      if (ids) return { fields: withIds(fields, ids), settle: nothingToLearn };
    }
  }

  #first(name: string, fields: Payload, count: number): Prepared {
    let settle: (ids: readonly string[] | undefined) => void = () => {};
    const upload = new Promise<readonly string[] | undefined>((resolve) => {
      settle = resolve;
    });
    this.#remember(name, upload);
    return {
      fields,
      settle: (result) => {
        const ids = idsOf(result, count);
        if (ids === undefined) this.#known.delete(name);
        settle(ids);
      },
    };
  }

  #remember(name: string, upload: Promise<readonly string[] | undefined>): void {
    this.#known.set(name, upload);
    const [oldest] = this.#known.keys();
    if (this.#known.size > limit && oldest !== undefined) this.#known.delete(oldest);
  }

  #filesOf(fields: Payload): Slot[] {
    return slotsOf(fields).flatMap(({ value, as }) => {
      if (typeof value !== "object" || value === null) return [];
      const file = this.#fileOf?.(value);
      return file ? [{ file, value, as }] : [];
    });
  }

  /** By content, and by what it is sent as: a photo's id is no document's. */
  async #nameOf(files: readonly Slot[]): Promise<string> {
    const names = files.map(
      async ({ file, value, as }) => `${as}:${(await fileDigest(file)) ?? this.#streamName(value)}`,
    );
    return (await Promise.all(names)).join("\n");
  }

  #streamName(stream: object): string {
    const known = this.#streams.get(stream);
    if (known !== undefined) return `stream ${known}`;
    this.#streams.set(stream, ++this.#streamCount);
    return `stream ${this.#streamCount}`;
  }
}

const nothingToLearn = (): void => {};

/** Where a payload may hold files, in the order in which Telegram answers. */
function slotsOf(fields: Payload): { value: unknown; as: string }[] {
  if (Array.isArray(fields.media)) {
    return fields.media.map((item) => ({ value: fieldsOf(item)?.media, as: String(fieldsOf(item)?.type) }));
  }
  return fileFields.map((as) => ({ value: fields[as], as })).filter(({ value }) => value !== undefined);
}

/** One id for each file, or nothing to go by. */
function idsOf(result: unknown, count: number): readonly string[] | undefined {
  const messages = Array.isArray(result) ? result : [result];
  const ids = messages.flatMap((message) => fileOfMessage(fieldsOf(message) ?? {})?.fileId ?? []);
  return ids.length === count ? ids : undefined;
}

/** The payload with ids for its files. A thumbnail belongs to an upload: Telegram ignores it beside an id. */
function withIds(fields: Payload, ids: readonly string[]): Payload {
  if (Array.isArray(fields.media)) {
    return { ...fields, media: fields.media.map((item, i) => ({ ...item, media: ids[i] ?? item.media })) };
  }
  const { thumbnail: _, ...rest } = fields;
  const field = fileFields.find((name) => fields[name] !== undefined)!;
  return { ...rest, [field]: ids[0] };
}
