import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import areas from "../mutation/areas.json" with { type: "json" };
import { filesIn, read, root } from "./repository.js";

const named = Object.values(areas).flatMap(({ mutate }) => mutate);
const tests: ReadonlySet<string> = new Set(Object.values(areas).flatMap((area) => area.tests));
const core = "packages/core/src/";

describe("mutation testing", () => {
  test("covers the fingerprint, the records, the limiter's arithmetic and the pipeline, each by its own score", () => {
    expect(Object.keys(areas).sort()).toEqual(["fingerprint", "limiter", "pipeline", "records"]);
    const folders = ["fingerprint/", "flood/", "idempotency/", "limiter/"];
    const files = ["store/memory.ts", "guard.ts", "messages.ts", "turns.ts", "flights.ts", "touches.ts"];
    expect(named).toEqual(expect.arrayContaining([...folders, ...files].map((path) => core + path)));
  });

  test("mutates files that exist, by tests that exist", () => {
    const missing = [...named, ...tests].filter((path) => !existsSync(join(root, path)));
    expect(missing).toEqual([]);
  });

  test("knows every unit test beside what it mutates", () => {
    const beside = filesIn(core.slice(0, -1)).filter(
      (path) => path.endsWith(".test.ts") && named.includes(path.replace(/[^/]*$/, "")),
    );
    expect(beside.filter((path) => !tests.has(path))).toEqual([]);
  });

  test("asks each area for a score of 85 or more", () => {
    expect(Number(/break: (\d+)/.exec(read("stryker.config.mjs"))?.[1])).toBeGreaterThanOrEqual(85);
  });
});
