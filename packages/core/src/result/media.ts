import { type Fields, fieldsOf, identifier, wholeNumber } from "./reading.js";

/**
 * The fields of a Message that hold a file. Where Telegram fills two of them for one file (an animation is
 * also a document, a live photo also a photo), the one that tells more comes first.
 */
export const mediaFields = [
  "live_photo",
  "animation",
  "photo",
  "video",
  "document",
  "audio",
  "voice",
  "video_note",
  "sticker",
  "paid_media",
] as const;

/** A field of a Message that holds a file. */
export type MediaField = (typeof mediaFields)[number];

/** Under which field a message holds its file, and the `file_id` of its largest version. */
export interface StoredFile {
  readonly field: MediaField;
  readonly fileId: string;
}

/** The file of a message that Telegram answered with. */
export function fileOfMessage(message: Fields): StoredFile | undefined {
  for (const field of mediaFields) {
    const fileId = fileIdOf(field, message[field]);
    if (fileId !== undefined) return { field, fileId };
  }
  return undefined;
}

/** The file among the fields of a stored message. */
export function storedFile(stored: Fields): StoredFile | undefined {
  for (const field of mediaFields) {
    const fileId = identifier(stored[field]);
    if (fileId !== undefined) return { field, fileId };
  }
  return undefined;
}

/**
 * The media fields of a replayed message, with what the frameworks' types promise and `file_id` in it.
 * Sizes and durations are not stored; who needs them stores the full result.
 */
export function mediaOf({ field, fileId }: StoredFile, payload: Fields): Record<string, unknown> {
  const file = () => ({ file_id: fileId });
  if (field === "photo") return { photo: [file()] };
  if (field === "animation") return { animation: file(), document: file() };
  if (field === "paid_media") return { paid_media: paidMedia(fileId, payload) };
  return { [field]: file() };
}

function fileIdOf(field: MediaField, value: unknown): string | undefined {
  if (field === "paid_media") return paidFileId(value);
  return identifier(field === "photo" ? largestOf(value)?.file_id : fieldsOf(value)?.file_id);
}

function largestOf(sizes: unknown): Fields | undefined {
  if (!Array.isArray(sizes)) return undefined;
  const area = (size: Fields) => (wholeNumber(size.width) ?? 0) * (wholeNumber(size.height) ?? 0);
  const photos = sizes.map(fieldsOf).filter((size) => identifier(size?.file_id) !== undefined) as Fields[];
  // On a tie the later one: Telegram lists sizes from small to large.
  return photos.reduce<Fields | undefined>(
    (best, next) => (best && area(best) > area(next) ? best : next),
    undefined,
  );
}

/** Of several paid files the first stands for all: together they are one message. */
function paidFileId(value: unknown): string | undefined {
  const items = fieldsOf(value)?.paid_media;
  const first = Array.isArray(items) ? fieldsOf(items[0]) : undefined;
  return first && fileOfMessage({ ...first, paid_media: undefined })?.fileId;
}

function paidMedia(fileId: string, payload: Fields): Record<string, unknown> {
  const media = Array.isArray(payload.media) ? fieldsOf(payload.media[0]) : undefined;
  const field = media?.type === "video" || media?.type === "live_photo" ? media.type : "photo";
  return {
    star_count: wholeNumber(payload.star_count) ?? 0,
    paid_media: [{ type: field, ...mediaOf({ field, fileId }, {}) }],
  };
}
