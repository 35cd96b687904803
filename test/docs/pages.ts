import { filesIn } from "../house/repository.js";

/** What readers are given: everything in Markdown but the notes of releases. */
export const pages: readonly string[] = filesIn().filter(
  (path) => path.endsWith(".md") && !path.startsWith(".changeset/"),
);

/** The pages whose snippets are compiled. */
export const guides: readonly string[] = pages.filter((path) =>
  /^(README\.md|SECURITY\.md|docs\/.*|packages\/[^/]+\/README\.md)$/.test(path),
);
