import { renderMermaidSVG } from "beautiful-mermaid";
import { describe, expect, test } from "vitest";
import { read } from "../house/repository.js";
import { guides } from "./pages.js";

const diagrams = guides.flatMap((page) =>
  [...read(page).matchAll(/^```mermaid\n([\s\S]*?)^```$/gm)].map(([, source = ""], at) => ({
    name: `${page}, ${at + 1}`,
    source,
  })),
);

/** The words of a line: of a message or a note what follows the colon, of a participant its other name. */
const wordsOf = (source: string): string[] =>
  source
    .split("\n")
    .slice(1)
    .map((line) => /(?:: | as )(.+)$/.exec(line)?.[1] ?? "")
    .filter(Boolean);

describe("every diagram is drawn", () => {
  test.each(diagrams)("$name", ({ source }) => {
    const lines = source.trim().split("\n");
    const drawn = renderMermaidSVG(source);
    expect(lines[0]).toBe("sequenceDiagram");
    expect(wordsOf(source)).toHaveLength(lines.length - 1);
    expect(wordsOf(source).filter((words) => !drawn.includes(`>${words}<`))).toEqual([]);
  });

  test("there is one for each hard situation", () => {
    const headings = [...read("docs/concepts.md").matchAll(/^## .+\n[\s\S]*?(?=^## |(?![\s\S]))/gm)];
    expect(headings).toHaveLength(5);
    for (const [section] of headings) expect(section).toContain("```mermaid");
  });
});
