import { badRequest } from "../world/api-error.js";
import type { Json } from "../world/json.js";

/** A text with the formatting found in it. */
export interface Formatted {
  text: string;
  entities: Json[];
}

const ENTITIES: Record<string, string> = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  code: "code",
  pre: "pre",
  a: "text_link",
  blockquote: "blockquote",
  span: "spoiler",
  "tg-spoiler": "spoiler",
  "tg-emoji": "custom_emoji",
};
const CHARACTERS: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** Takes the tags of `parse_mode: "HTML"` out of a text. Other parse modes keep their raw text. @throws 400 like Telegram */
export function formatted(source: string, parseMode: unknown): Formatted {
  return String(parseMode).toLowerCase() === "html" ? parseHtml(source) : { text: source, entities: [] };
}

function parseHtml(source: string): Formatted {
  const open: { tag: string; offset: number; attributes: string }[] = [];
  const entities: Json[] = [];
  let text = "";
  for (const [part, slash, tag, attributes] of source.matchAll(/<(\/?)([\w-]+)([^>]*)>|[^<]+|</g)) {
    if (tag === undefined) text += unescaped(part);
    else if (!slash) {
      if (!(tag.toLowerCase() in ENTITIES)) throw broken(`Unsupported start tag "${tag}"`);
      open.push({ tag: tag.toLowerCase(), offset: text.length, attributes: attributes ?? "" });
    } else {
      const start = open.pop();
      if (start?.tag !== tag.toLowerCase()) throw broken("Unexpected end tag");
      const length = text.length - start.offset;
      if (length > 0) entities.push(entityOf(start.tag, start.offset, length, start.attributes));
    }
  }
  const left = open.pop();
  if (left) throw broken(`Can't find end tag corresponding to start tag "${left.tag}"`);
  return { text, entities: entities.sort((a, b) => Number(a.offset) - Number(b.offset)) };
}

function entityOf(tag: string, offset: number, length: number, attributes: string): Json {
  const value = /(?:href|emoji-id)\s*=\s*["']?([^"'\s>]*)/.exec(attributes)?.[1];
  const entity = { offset, length, type: ENTITIES[tag] };
  if (tag === "a") return { ...entity, url: unescaped(value ?? "") };
  return tag === "tg-emoji" ? { ...entity, custom_emoji_id: value } : entity;
}

const unescaped = (text: string) =>
  text
    .replace(/&(lt|gt|amp|quot);/g, (_, name: string) => CHARACTERS[name]!)
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

const broken = (what: string) => badRequest(`can't parse entities: ${what}`);
