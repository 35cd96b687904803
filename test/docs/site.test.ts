import { describe, expect, test } from "vitest";
import { pageAt } from "../../docs/.vitepress/places.js";
import { guides } from "../../docs/.vitepress/sidebar.js";
import { read } from "../house/repository.js";
import { linksOf } from "./links.js";
import { pages } from "./pages.js";

/** The addresses of the site's pages, as its sidebar writes them. */
const addresses = new Set(pages.map((page) => pageAt(page)?.replace(/\.md$/, "")).filter(Boolean));

describe("the site", () => {
  const listed = guides.flatMap(({ items = [] }) => items.map(({ link = "" }) => link));

  test("lists only pages that are there", () => {
    expect(listed.filter((link) => !addresses.has(link))).toEqual([]);
  });

  test("lists every page of docs/", () => {
    const ours = pages.filter((page) => page.startsWith("docs/") && page !== "docs/index.md");
    expect(ours.filter((page) => !listed.includes(pageAt(page)!.replace(/\.md$/, "")))).toEqual([]);
  });

  test("its first page leads to pages that are there", () => {
    const links = [...read("docs/index.md").matchAll(/link: (\S+)/g)].map(([, link]) => link!);
    expect(links.length).toBeGreaterThan(5);
    expect(links.filter((link) => link !== "/api/" && !addresses.has(link))).toEqual([]);
  });

  test("the README leads to every guide", () => {
    const linked = linksOf("README.md").map(({ target }) => target.split("#")[0]);
    const asides = ["docs/index.md", "docs/mutation.md"];
    const missing = pages.filter(
      (page) => page.startsWith("docs/") && !asides.includes(page) && !linked.includes(page),
    );
    expect(missing).toEqual([]);
  });
});
