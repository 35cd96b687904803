import { defineConfig } from "vitepress";
import { anchorOf } from "./anchors.js";
import { drawDiagrams } from "./diagrams.js";
import { repositoryLinks } from "./links.js";
import { rewrites } from "./places.js";
import { guides, reference } from "./sidebar.js";

/** The site: every page of the repository that readers are given, and the API reference beside it. */
export default defineConfig({
  title: "Sendonce",
  description: "No bot message twice, at the pace Telegram allows.",
  srcDir: "..",
  srcExclude: [".changeset/**", ".github/**", "reports/**", "**/CHANGELOG.md"],
  outDir: "../dist/site",
  cacheDir: "../node_modules/.cache/vitepress",
  rewrites,
  cleanUrls: true,
  lastUpdated: false,
  markdown: {
    anchor: { slugify: anchorOf },
    config(md) {
      drawDiagrams(md);
      repositoryLinks(md);
    },
  },
  themeConfig: {
    nav: [
      { text: "Guides", link: "/concepts" },
      { text: "Options", link: "/readme#options" },
      { text: "API", link: "/api/" },
    ],
    sidebar: { "/api/": reference(), "/": guides },
    outline: [2, 3],
    search: { provider: "local" },
  },
});
