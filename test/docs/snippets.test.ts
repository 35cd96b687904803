import { describe, expect, test } from "vitest";
import { compile } from "./compile.js";
import { guides } from "./pages.js";
import { type Snippet, snippetsOf } from "./snippets.js";

const snippets = guides.flatMap(snippetsOf);
/** Compiled along, to see that what is wrong is found. */
const wrong: Snippet = {
  page: "wrong.md",
  line: 10,
  text: 'import { install } from "@sendonce/grammy";\n\ninstall(bot, { maxWaitMS: 5 });\n',
  framework: "grammy",
};
const minded = compile([...snippets, wrong]);

describe("every TypeScript snippet compiles", () => {
  test.each(snippets.map(({ page, line }, at) => [`${page}:${line}`, minded[at]]))("%s", (_, problems) => {
    expect(problems).toEqual([]);
  });

  test.each(["grammy", "telegraf"])("there are snippets of %s", (framework) => {
    expect(snippets.filter((snippet) => snippet.framework === framework).length).toBeGreaterThan(5);
  });

  test("a snippet that is wrong is named with its line", () => {
    const problems = minded.at(-1);
    expect(problems).toEqual([expect.stringMatching(/^wrong\.md:12 .*maxWaitMS/)]);
  });
});
