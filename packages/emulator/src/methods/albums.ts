import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type Json, stableNumber } from "../world/json.js";
import { listOf, numberOf } from "../world/params.js";
import type { World } from "../world/world.js";
import { type MediaKind, mediaContent } from "./media.js";
import type { Draft } from "./method.js";
import { destination } from "./target.js";
import { captionContent } from "./text.js";

const ALBUM_KINDS = new Set(["photo", "video", "audio", "document", "live_photo"]);

/** The messages of an album, joined by one `media_group_id`. @throws 400 on a wrong number or kind of items */
export function composeAlbum(call: Call, world: World): Draft[] {
  const chat = destination(call, world);
  const items = listOf(call.params, "media") as Json[];
  if (items.length < 1 || items.length > 10)
    throw badRequest("wrong number of messages in the group: 1-10 are allowed");
  const album = { media_group_id: `${world.now()}${stableNumber(`${call.bot} ${chat.id}`, 1e4)}` };
  return items.map((item) => {
    if (!ALBUM_KINDS.has(String(item.type))) throw badRequest("type of file can't be used in an album");
    return { chat, content: { ...inputMediaContent(item, call, world), ...album } };
  });
}

/** The content that an `InputMedia` object stands for. */
export function inputMediaContent(item: Json, call: Call, world: World): Json {
  const kind = item.type === "voice_note" ? "voice" : (item.type as MediaKind);
  return { ...mediaContent(kind, item.media, item, call, world), ...captionContent(item) };
}

/** `paid_media` behind a number of Stars. @throws 400 without media or price */
export function paidMediaContent(call: Call, world: World): Json {
  const items = listOf(call.params, "media") as Json[];
  if (items.length === 0) throw badRequest("media must be non-empty");
  const price = numberOf(call.params, "star_count");
  if (price === undefined || price < 1) throw badRequest("wrong star count specified");
  const media = items.map((item) => ({
    type: item.type,
    ...mediaContent(item.type as MediaKind, item.media, item, call, world),
  }));
  return { paid_media: { star_count: price, paid_media: media }, ...captionContent(call.params) };
}
