import { describe, expect, test } from "vitest";
import { faultOf, linksOf } from "./links.js";
import { pages } from "./pages.js";

describe("every link leads somewhere", () => {
  test.each(pages)("%s", (page) => {
    const faults = linksOf(page).map((link) => [`${page}:${link.line} ${link.target}`, faultOf(link)]);
    expect(faults.filter(([, fault]) => fault !== undefined)).toEqual([]);
  });

  test("a link to nothing is noticed, and so is a heading that is not there", () => {
    const at = (target: string) => faultOf({ page: "docs/limits.md", line: 1, target });
    expect(at("gone.md")).toBe("no such file");
    expect(at("redis.md#gone")).toBe("no such heading");
    expect(at("#gone")).toBe("no such heading");
    expect(at("http://plain.example")).toBe("no address");
    expect([at("redis.md#permissions"), at("../lua"), at("https://core.telegram.org")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
