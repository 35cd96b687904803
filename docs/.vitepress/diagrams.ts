import { renderMermaidSVG } from "beautiful-mermaid";
import type { MarkdownRenderer } from "vitepress";

/**
 * Diagrams are drawn when the site is built: readers load a picture and no program. Colours are the theme's
 * (`theme/diagrams.css`), so that the style sheet inside the picture, which asks a far server for a font, is left out.
 */
export function drawDiagrams(md: MarkdownRenderer): void {
  const others = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, at, ...rest) => {
    const { info, content } = tokens[at]!;
    if (info.trim() !== "mermaid") return others(tokens, at, ...rest);
    const svg = renderMermaidSVG(content, { transparent: true }).replace(/<style>[\s\S]*?<\/style>/, "");
    return `<div class="diagram" v-pre>${svg.replace(/ style="[^"]*"/, "")}</div>\n`;
  };
}
