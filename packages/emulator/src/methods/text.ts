import { badRequest } from "../world/api-error.js";
import type { Call } from "../world/call.js";
import { type Json, present } from "../world/json.js";
import { listOf, objectOf, textOf } from "../world/params.js";
import { formatted } from "./formatting.js";

/** Text and entities of a text message. @throws 400 when it is empty or longer than 4096 characters */
export function textContent({ params }: Call): Json {
  if (textOf(params, "text") === "") throw badRequest("message text is empty");
  const { text, entities } = formatted(textOf(params, "text"), params.parse_mode);
  if (text.trim() === "") throw badRequest("text must be non-empty");
  if (text.length > 4096) throw badRequest("message is too long");
  const all = [...entities, ...(listOf(params, "entities") as Json[])];
  return present({
    text,
    entities: all.length > 0 ? all : undefined,
    link_preview_options: objectOf(params, "link_preview_options"),
  });
}

/** Caption and its entities, from a call or from one item of an album. @throws 400 when longer than 1024 characters */
export function captionContent(params: Json): Json {
  if (textOf(params, "caption") === "") return {};
  const { text, entities } = formatted(textOf(params, "caption"), params.parse_mode);
  if (text.length > 1024) throw badRequest("message caption is too long");
  const all = [...entities, ...(listOf(params, "caption_entities") as Json[])];
  return present({
    caption: text,
    caption_entities: all.length > 0 ? all : undefined,
    show_caption_above_media: params.show_caption_above_media === true || undefined,
  });
}

/** A rich message: blocks as they are, HTML and Markdown as one paragraph of text. @throws 400 when it is empty */
export function richContent({ params }: Call): Json {
  const rich = objectOf(params, "rich_message");
  if (!rich) throw badRequest("rich message is empty");
  const source = textOf(rich, "html") || textOf(rich, "markdown");
  const { text } = formatted(source, rich.html === undefined ? undefined : "HTML");
  const blocks = rich.blocks === undefined ? [{ type: "paragraph", text }] : listOf(rich, "blocks");
  if (blocks.length === 0 || (rich.blocks === undefined && text === ""))
    throw badRequest("rich message is empty");
  return { rich_message: present({ blocks, is_rtl: rich.is_rtl }) };
}
