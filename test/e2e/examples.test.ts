import { describe, expect, onTestFinished, test, vi } from "vitest";
import { redisUrl } from "../../examples/kit/redis-url.js";
import { sharedRedis } from "../kit/redis/server.js";
import { examples, overRedis, promised, type Run, run, staged, textOf } from "./running-example.js";

describe("the examples", () => {
  test.each([
    "parts-operation.ts",
    ...["echo", "wizard", "album", "webhook"].map((name) => `telegraf-${name}.ts`),
    ...["menu", "conversation", "album", "runner"].map((name) => `grammy-${name}.ts`),
  ])("%s is one of them", (name) => expect(examples).toContain(name));

  test.each(examples)("%s stands in a table of their README, with the way to run it", (name) => {
    const row = textOf("README.md")
      .split("\n")
      .find((line) => line.startsWith(`| [\`${name.replace(/\.ts$/, "")}\`](${name}) |`));
    expect(row, `a row that begins with | [\`${name.replace(/\.ts$/, "")}\`](${name}) |`).toBeDefined();
    const redis = overRedis.includes(name) ? "REDIS_URL=redis://127.0.0.1:6379 " : "";
    expect(textOf(name)).toContain(` *     ${redis}npx tsx examples/${name}\n`);
  });

  test("the README's tables name no example that is gone", () => {
    const named = [...textOf("README.md").matchAll(/^\| \[`[\w-]+`\]\(([\w-]+\.ts)\)/gm)].map(
      ([, name]) => name,
    );
    expect(named.filter((name) => !examples.includes(name as string))).toEqual([]);
  });

  // The others are run, and their output compared, in examples-without.test.ts: every process costs a second.
  test.concurrent.each(examples.filter((name) => !staged.includes(name) && !overRedis.includes(name)))(
    "%s ends by itself with exit code 0 and prints what it says",
    async (name) => endsAsPromised(name, await run(name)),
  );

  test.concurrent.each(overRedis)("%s does so over a Redis", async (name) => {
    const { url } = await sharedRedis();
    endsAsPromised(name, await run(name, { redisUrl: url }));
  });

  test("those that want a Redis say how to get one", () => {
    vi.stubEnv("REDIS_URL", "");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(redisUrl).toThrow("this example needs a Redis: start one");
  });
});

function endsAsPromised(name: string, { code, output, complaints }: Run): void {
  expect(code, `${output}${complaints}`).toBe(0);
  expect(output).toBe(promised(name));
}
