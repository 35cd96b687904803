/** Text that tells where it was written: nothing that others read may hold any. */
const leaks: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "the address of a package registry", pattern: /https?:\/\/[^\s"'`<>]*\bregistry\b[^\s"'`<>]*/gi },
  { what: "the setting of a package registry", pattern: /\bregistry\s*[=:]\s*["']?https?:\S+/gi },
  {
    what: "a folder of one machine",
    pattern: /(?<![\w.:/*-])\/(?:home|Users|root|tmp|private|mnt)\/[\w.-]+/g,
  },
];

/** What `text` gives away, each with the words that do it. `folders` are absolute paths of this machine. */
export function leaksIn(text: string, folders: readonly string[] = []): string[] {
  const fixed = leaks.flatMap(({ what, pattern }) =>
    (text.match(pattern) ?? []).map((words) => `${what}: ${words.trim()}`),
  );
  const named = folders
    .filter((folder) => insideOf(folder).test(text))
    .map((folder) => `this machine's folder ${folder}`);
  return [...fixed, ...named];
}

/** A path below `folder`, or `folder` itself where its name has more than one part; no part of another path. */
function insideOf(folder: string): RegExp {
  const literal = folder.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const below = folder.lastIndexOf("/") > 0 ? "(?![\\w-])" : "/\\w";
  return new RegExp(`(?<![\\w.\\\\*>})-])${literal}${below}`);
}

/** A folder and the folders around it: `/a/b/c`, `/a/b`, `/a`. */
export function foldersAround(folder: string): string[] {
  const parts = folder.split("/").filter((part) => part !== "");
  return parts.map((_, at) => `/${parts.slice(0, at + 1).join("/")}`).reverse();
}
