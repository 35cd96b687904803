import { expect, test } from "vitest";
import { Recent } from "./recent.js";

const names = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `n${from + i}`);

test("the last half of the count is known at any time, and never more than the count", () => {
  const recent = new Recent<number>(10);
  for (let n = 0; n < 100; n++) {
    recent.set(`n${n}`, n);
    for (const name of names(Math.max(0, n - 4), n + 1)) expect(recent.get(name)).toBe(Number(name.slice(1)));
    const known = names(0, n + 1).filter((name) => recent.get(name) !== undefined);
    expect(known.length).toBeLessThanOrEqual(10);
  }
});

test("what was said last about a name is what is known", () => {
  const recent = new Recent<string>(10);
  recent.set("a", "first");
  for (const name of names(0, 5)) recent.set(name, name);
  recent.set("a", "second");
  expect(recent.get("a")).toBe("second");
});
