import { describe, expect, test } from "vitest";
import { compile } from "./compile.js";
import { guides } from "./pages.js";
import { snippetsOf } from "./snippets.js";

const snippets = guides.flatMap(snippetsOf);
const minded = compile(snippets);

describe("every TypeScript snippet compiles", () => {
  test.each(snippets.map(({ page, line }, at) => [`${page}:${line}`, minded[at]]))("%s", (_, problems) => {
    expect(problems).toEqual([]);
  });

  test.each(["grammy", "telegraf"])("there are snippets of %s", (framework) => {
    expect(snippets.filter((snippet) => snippet.framework === framework).length).toBeGreaterThan(5);
  });

  test("a snippet that is wrong is named with its line", () => {
    const text = 'import { install } from "@sendonce/grammy";\n\ninstall(bot, { maxWaitMS: 5 });\n';
    const [problems] = compile([{ page: "wrong.md", line: 10, text, framework: "grammy" }]);
    expect(problems).toEqual([expect.stringMatching(/^wrong\.md:12 .*maxWaitMS/)]);
  });
});
