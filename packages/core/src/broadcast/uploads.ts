import type { Call, Payload } from "../call.js";
import { deliveryOf } from "../delivered.js";
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

/** A place for a file in a payload: what stands there, and what it is sent as. */
interface Slot {
  readonly value: unknown;
  readonly as: string;
}

/** What an upload came to: ids, nothing (it failed: the next one uploads), or that its answer tells none. */
type Learned = readonly string[] | "untold" | undefined;

/**
 * Equal files of a broadcast are uploaded once, and then sent by `file_id`: the first recipient's message uploads,
 * those beside it wait for its answer. A stream, which can be read once only, is carried so too.
 */
export class Uploads {
  readonly #fileOf: FileOf;
  readonly #known = new Map<string, Promise<Learned>>();
  /** By the framework's file object, which a message for everybody shares: its bytes are read once. */
  readonly #digests = new WeakMap<object, Promise<string>>();
  #streams = 0;

  constructor(fileOf: FileOf) {
    this.#fileOf = fileOf;
  }

  /** Waits while another message uploads the same files. */
  async prepare(fields: Payload): Promise<Prepared> {
    const slots = slotsOf(fields);
    if (!slots.some(({ value }) => this.#sourceOf(value))) return { fields, settle: nothingToLearn };
    const name = (await Promise.all(slots.map((slot) => this.#nameOf(slot)))).join("\n");
    for (;;) {
      const upload = this.#known.get(name);
      if (upload === undefined) return this.#first(name, fields, slots.length);
      const learned = await upload;
      if (learned === "untold") return { fields, settle: nothingToLearn };
      if (learned) return { fields: withIds(fields, learned), settle: nothingToLearn };
    }
  }

  #first(name: string, fields: Payload, count: number): Prepared {
    let learn: (learned: Learned) => void = () => {};
    const upload = new Promise<Learned>((resolve) => {
      learn = resolve;
    });
    this.#remember(name, upload);
    return {
      fields,
      settle: (result) => {
        const learned = learnedFrom(result, count);
        if (learned === undefined) this.#known.delete(name);
        learn(learned);
      },
    };
  }

  #remember(name: string, upload: Promise<Learned>): void {
    this.#known.set(name, upload);
    const [oldest] = this.#known.keys();
    if (this.#known.size > limit && oldest !== undefined) this.#known.delete(oldest);
  }

  #sourceOf(value: unknown) {
    return typeof value === "object" && value !== null ? this.#fileOf?.(value) : undefined;
  }

  /** By content, and by what it is sent as: a photo's id is no document's. */
  async #nameOf({ value, as }: Slot): Promise<string> {
    const digest = typeof value === "object" && value !== null ? await this.#digestOf(value) : value;
    return JSON.stringify([as, digest]);
  }

  #digestOf(value: object): Promise<string> {
    const known = this.#digests.get(value);
    if (known) return known;
    const digest = this.#read(value);
    this.#digests.set(value, digest);
    return digest;
  }

  async #read(value: object): Promise<string> {
    const source = this.#sourceOf(value);
    return (source && (await fileDigest(source))) ?? `stream ${++this.#streams}`;
  }
}

const nothingToLearn = (): void => {};

/** Where a payload may hold files, in the order in which Telegram answers. */
function slotsOf(fields: Payload): Slot[] {
  if (Array.isArray(fields.media)) {
    return fields.media.map((item) => ({ value: fieldsOf(item)?.media, as: String(fieldsOf(item)?.type) }));
  }
  return fileFields.map((as) => ({ value: fields[as], as })).filter(({ value }) => value !== undefined);
}

/** One id for each place. A replay may hold none although Telegram told them: the next one will. */
function learnedFrom(result: unknown, count: number): Learned {
  if (result === undefined) return undefined;
  const messages = Array.isArray(result) ? result : [result];
  const ids = messages.flatMap((message) => fileOfMessage(fieldsOf(message) ?? {})?.fileId ?? []);
  if (ids.length === count) return ids;
  return deliveryOf(result)?.replayed ? undefined : "untold";
}

/** The payload with ids for its files. A thumbnail belongs to an upload: Telegram ignores it beside an id. */
function withIds(fields: Payload, ids: readonly string[]): Payload {
  if (Array.isArray(fields.media)) {
    const media = fields.media.map(({ thumbnail: _, ...item }, i) => ({ ...item, media: ids[i] }));
    return { ...fields, media };
  }
  const { thumbnail: _, ...rest } = fields;
  const field = fileFields.find((name) => fields[name] !== undefined)!;
  return { ...rest, [field]: ids[0] };
}
