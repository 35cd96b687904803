import type { Call } from "../world/call.js";
import type { StoredFile } from "../world/files.js";
import { type Json, present } from "../world/json.js";
import { numberOf } from "../world/params.js";
import type { World } from "../world/world.js";

/** The kinds of media a message can be made of. */
export type MediaKind =
  | "photo"
  | "live_photo"
  | "audio"
  | "document"
  | "video"
  | "animation"
  | "voice"
  | "video_note"
  | "sticker";

const SIDES = { photo: [90, 320, 800, 1280], thumbnail: [320] };
const MIME: Partial<Record<MediaKind, string>> = {
  audio: "audio/mpeg",
  voice: "audio/ogg",
  video: "video/mp4",
  animation: "video/mp4",
  live_photo: "video/mp4",
  document: "application/octet-stream",
};

/** The message fields for one medium: the file in `value`, described by `params` (the call's or an album item's). */
export function mediaContent(
  kind: MediaKind,
  value: unknown,
  params: Json,
  call: Call,
  { files }: World,
): Json {
  const file = files.take(call, kind, value);
  const described = { ...basics(file), ...details(kind, file, params) };
  if (kind === "photo") return { photo: photoSizes(file) };
  if (kind === "animation")
    return { animation: described, document: { ...basics(file), ...named(kind, file) } };
  if (kind === "live_photo") {
    const still = params.photo === undefined ? file : files.take(call, "photo", params.photo);
    return { live_photo: { ...described, photo: photoSizes(still) } };
  }
  return { [kind]: described };
}

/** A photo in the sizes that Telegram makes of it, smallest first. */
function photoSizes(file: StoredFile): Json[] {
  return SIDES.photo.map((side, index) => ({
    ...basics(file, index === SIDES.photo.length - 1 ? "" : `-${"abcd"[index]}`),
    width: side,
    height: Math.round(side * 0.75),
  }));
}

const basics = (file: StoredFile, suffix = ""): Json =>
  present({ file_id: file.fileId + suffix, file_unique_id: file.uniqueId + suffix, file_size: file.size });

const named = (kind: MediaKind, file: StoredFile): Json => ({
  file_name: file.filename,
  mime_type: MIME[kind],
});

function details(kind: MediaKind, file: StoredFile, params: Json): Json {
  const duration = numberOf(params, "duration") ?? 1;
  const size = { width: numberOf(params, "width") ?? 640, height: numberOf(params, "height") ?? 360 };
  switch (kind) {
    case "photo":
      return {};
    case "audio":
      return present({ duration, performer: params.performer, title: params.title, ...named(kind, file) });
    case "document":
      return named(kind, file);
    case "video":
      return present({ duration, ...size, start_timestamp: params.start_timestamp, ...named(kind, file) });
    case "animation":
      return { duration, ...size, ...named(kind, file) };
    case "live_photo":
      return { duration, ...size, mime_type: MIME[kind] };
    case "voice":
      return { duration, mime_type: MIME[kind] };
    case "video_note":
      return { duration, length: numberOf(params, "length") ?? 240 };
    case "sticker":
      return present({
        type: "regular",
        width: 512,
        height: 512,
        is_animated: false,
        is_video: false,
        emoji: params.emoji,
      });
  }
}
