import { readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds the whole repository: the site shows pages from all of it. */
export const repository = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Where each page of the repository stands in the site. */
export const rewrites = {
  "README.md": "readme.md",
  "SECURITY.md": "security.md",
  "CONTRIBUTING.md": "contributing.md",
  "CODE_OF_CONDUCT.md": "code-of-conduct.md",
  "examples/README.md": "examples.md",
  "lua/README.md": "scripts.md",
  "packages/:name/README.md": "packages/:name.md",
  "docs/:page": ":page",
  "docs/api/:page*": "api/:page*",
};

/** The site's address of a page, or undefined for a file that the site does not show. */
export function pageAt(path: string): string | undefined {
  const asFile = posix.join(path, "README.md");
  for (const candidate of [path, asFile]) {
    const [, name] = /^packages\/([^/]+)\/README\.md$/.exec(candidate) ?? [];
    if (name !== undefined) return `/packages/${name}.md`;
    const listed = (rewrites as Record<string, string>)[candidate];
    if (listed !== undefined) return `/${listed}`;
  }
  return /^docs\/.*\.md$/.test(path) ? path.slice("docs".length) : undefined;
}

/** The path from the repository's root that a relative link on a page means. */
export function pathOf(link: string, page: string): string {
  const from = posix.dirname(relative(repository, page).replaceAll("\\", "/"));
  return posix.normalize(posix.join(from, link)).replace(/\/$/, "");
}

/** Where the sources can be read, if the packages say so. */
export function sourceUrl(path: string): string | undefined {
  const manifest = JSON.parse(readFileSync(join(repository, "packages/core/package.json"), "utf8")) as {
    repository?: { url?: string };
  };
  const url = manifest.repository?.url?.replace(/^git\+/, "").replace(/\.git$/, "");
  return url && `${url}/blob/main/${path}`;
}
