import type { Received } from "@sendonce/emulator";

/** What a person sees of a message, on one line. */
export function inWords({ method, text, caption, item, payload }: Received): string {
  const words = (text ?? caption ?? "").replaceAll("\n", " / ");
  if (method === "sendMessage") return words;
  const kind = item === undefined ? kindOf(method) : kindInAlbum(payload.media, item);
  return `[${kind}]${words && ` ${words}`}`;
}

/** sendPhoto → photo */
const kindOf = (method: string): string => method.replace(/^send/, "").toLowerCase();

function kindInAlbum(media: unknown, item: number): string {
  const { type = "item" } = (media as { type?: string }[])[item] ?? {};
  return `${type} ${item + 1} of an album`;
}
