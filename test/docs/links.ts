import { existsSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { anchorOf } from "../../docs/.vitepress/anchors.js";
import { read, root } from "../house/repository.js";

/** Where a page leads. */
export interface Link {
  readonly page: string;
  readonly line: number;
  readonly target: string;
}

/** The links and pictures of a page; what stands in code is none. */
export function linksOf(page: string): Link[] {
  return withoutCode(read(page))
    .split("\n")
    .flatMap((text, at) =>
      [...text.matchAll(/\]\(([^()\s]+)(?: "[^"]*")?\)|\b(?:href|src)="([^"]+)"/g)].map(
        ([, markdown, html]) => ({ page, line: at + 1, target: (markdown ?? html)! }),
      ),
    );
}

/** Code becomes blank, line by line. */
const withoutCode = (text: string): string =>
  text
    .replace(/^( *)(`{3,})[\s\S]*?^\1\2/gm, (block) => block.replace(/[^\n]/g, " "))
    .replace(/`[^`\n]+`/g, (code) => " ".repeat(code.length));

/** What is wrong with a link, if anything. Nothing is asked of the network. */
export function faultOf({ page, target }: Link): string | undefined {
  if (/^[a-z]+:/.test(target))
    return URL.canParse(target) && /^(https|mailto):/.test(target) ? undefined : "no address";
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? page : posix.normalize(posix.join(posix.dirname(page), decodeURI(file)));
  if (!existsSync(join(root, path))) return "no such file";
  if (anchor === undefined) return undefined;
  const text = statSync(join(root, path)).isDirectory() ? posix.join(path, "README.md") : path;
  return anchorsOf(text).has(anchor) ? undefined : "no such heading";
}

/** The anchors of a page's headings: of equal ones the second gets `-1`. */
function anchorsOf(page: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of read(page)
    .replace(/^```[\s\S]*?^```/gm, "")
    .matchAll(/^#{1,6} (.+)$/gm)) {
    const anchor = anchorOf(heading.replace(/[`*]|\[([^\]]*)\]\([^)]*\)/g, "$1"));
    let number = 0;
    while (anchors.has(number === 0 ? anchor : `${anchor}-${number}`)) number++;
    anchors.add(number === 0 ? anchor : `${anchor}-${number}`);
  }
  return anchors;
}
