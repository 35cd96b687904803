import type { MarkdownRenderer } from "vitepress";
import { pageAt, pathOf, sourceUrl } from "./places.js";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

/**
 * Pages link as files of the repository do. Here a link to another page leads to where the site shows it, and a link
 * to any other file to where its source can be read; where nobody knows that, its words stay.
 */
export function repositoryLinks(md: MarkdownRenderer): void {
  md.core.ruler.push("repository-links", ({ tokens, env }) => {
    // A page that stands elsewhere in the site; the search index reads each where it is.
    const page: string = env.realPath ?? env.path;
    for (const { children } of tokens) for (const link of linksIn(children ?? [])) mend(link, page);
  });
}

/** Links open and close in turns: none stands inside another. */
function linksIn(tokens: readonly Token[]): { readonly open: Token; readonly close: Token }[] {
  const closes = tokens.filter(({ type }) => type === "link_close");
  return tokens.filter(({ type }) => type === "link_open").map((open, at) => ({ open, close: closes[at]! }));
}

function mend({ open, close }: { open: Token; close: Token }, page: string): void {
  const [file = "", anchor] = (open.attrGet("href") ?? "").split("#");
  if (file === "" || /^([a-z]+:|\/)/.test(file) || page.includes("/docs/api/")) return;
  const path = pathOf(decodeURI(file), page);
  const target = pageAt(path) ?? sourceUrl(path);
  if (target !== undefined) open.attrSet("href", anchor === undefined ? target : `${target}#${anchor}`);
  else unlink(open, close);
}

function unlink(open: Token, close: Token): void {
  open.attrs = null;
  open.tag = "span";
  close.tag = "span";
}
