import { read } from "../house/repository.js";

/** A piece of TypeScript that a page shows. */
export interface Snippet {
  readonly page: string;
  /** The line of the page on which its first line stands. */
  readonly line: number;
  readonly text: string;
  /** Whose `bot` it speaks of. */
  readonly framework: "grammy" | "telegraf";
}

/** Everything fenced as `ts` on a page. Another tag (`text`, none) says that it is no program. */
export function snippetsOf(page: string): Snippet[] {
  const whole = read(page);
  return [...whole.matchAll(/^( *)```ts\n([\s\S]*?)^\1```$/gm)].map((found) => {
    const [, indent = "", body = ""] = found;
    const text = body.replaceAll(new RegExp(`^${indent}`, "gm"), "");
    const line = whole.slice(0, found.index).split("\n").length + 1;
    return { page, line, text, framework: frameworkOf(page, text) };
  });
}

/** What the snippet itself says, or else the page that it stands on. */
function frameworkOf(page: string, text: string): Snippet["framework"] {
  if (/from "(grammy|@sendonce\/grammy)/.test(text)) return "grammy";
  return /[Tt]elegraf/.test(text) || page.includes("telegraf") ? "telegraf" : "grammy";
}
