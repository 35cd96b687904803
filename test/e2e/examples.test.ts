import { describe, expect, test } from "vitest";
import { examples, promised, run, staged, textOf } from "./running-example.js";

describe("the examples", () => {
  test.each([
    "parts-operation.ts",
    ...["echo", "wizard", "album", "webhook"].map((name) => `telegraf-${name}.ts`),
    ...["menu", "conversation", "album", "runner"].map((name) => `grammy-${name}.ts`),
  ])("%s is one of them", (name) => expect(examples).toContain(name));

  test.each(examples)("%s stands in the table of their README, with the way to run it", (name) => {
    const row = textOf("README.md")
      .split("\n")
      .find((line) => line.startsWith(`| [\`${name.replace(/\.ts$/, "")}\`](${name}) |`));
    expect(row, `a row that begins with | [\`${name.replace(/\.ts$/, "")}\`](${name}) |`).toBeDefined();
    expect(textOf(name)).toContain(` *     npx tsx examples/${name}\n`);
  });

  test("the README's table names no example that is gone", () => {
    const named = [...textOf("README.md").matchAll(/^\| \[`[\w-]+`\]\(([\w-]+\.ts)\)/gm)].map(
      ([, name]) => name,
    );
    expect(named.filter((name) => !examples.includes(name as string))).toEqual([]);
  });

  // The others are run, and their output compared, in examples-without.test.ts: every process costs a second.
  test.concurrent.each(examples.filter((name) => !staged.includes(name)))(
    "%s ends by itself with exit code 0 and prints what it says",
    async (name) => {
      const { code, output, complaints } = await run(name);
      expect(code, `${output}${complaints}`).toBe(0);
      expect(output).toBe(promised(name));
    },
  );
});
