import { describe, expect, test } from "vitest";
import { read } from "../house/repository.js";

/** What is seen before anybody scrolls far. */
const firstScreen = read("README.md").split("\n").slice(0, 60).join("\n");

describe("the README's first screen", () => {
  test.each([
    ["shows the demo", "npx --yes pnpm@12 demo"],
    ["runs the tests", "npx --yes pnpm@12 test"],
    ["installs", "npm install grammy @sendonce/grammy"],
    ["has a whole bot in grammY", "install(new Bot("],
    ["has a whole bot in Telegraf", "install(new Telegraf("],
    ["says what happens on a 429", "**On a 429**"],
    ["says what happens on a crash", "**On a crash**"],
    ["says when to give a key", "**Give a key to what repeats.**"],
  ])("%s", (_, words) => {
    expect(firstScreen).toContain(words);
  });

  test("begins with one sentence", () => {
    const [title, , sentence, blank] = firstScreen.split("\n");
    expect([title, blank]).toEqual(["# Sendonce", ""]);
    expect(sentence).toMatch(/^\*\*[^.]+\.\*\*$/);
  });
});
