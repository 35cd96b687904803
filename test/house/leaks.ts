/** Text that tells where it was written: nothing that others read may hold any. */
const leaks: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: "the address of a package registry", pattern: /https?:\/\/[^\s"'`<>]*\bregistry\b[^\s"'`<>]*/gi },
  { what: "the setting of a package registry", pattern: /^\s*(?:@[\w-]+:)?registry\s*[=:]\s*\S+/gim },
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
    .filter((folder) => new RegExp(`(?<![\\w.-])${escape(folder)}(?![\\w-])`).test(text))
    .map((folder) => `this machine's folder ${folder}`);
  return [...fixed, ...named];
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The folder and the folders around it: `/a/b/c` → `/a/b/c`, `/a/b`, `/a`. */
export function foldersAround(folder: string): string[] {
  const around: string[] = [];
  for (let at = folder; at.lastIndexOf("/") >= 0 && at !== ""; at = at.slice(0, at.lastIndexOf("/")))
    around.push(at);
  return around;
}
