import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"));

/** What an example says about itself in its last comment. */
function promised(name: string): string {
  const said = /\/\* Prints:\n([\s\S]*?)\*\/\s*$/.exec(readFileSync(join(root, "examples", name), "utf8"));
  if (!said) throw new Error(`examples/${name} must end in a comment /* Prints: … */ with its output`);
  return said[1] as string;
}

/** Runs an example as its reader would, without a bot token or a Redis, until it ends by itself. */
function run(name: string): Promise<{ code: number | null; output: string; complaints: string }> {
  const { BOT_TOKEN: _, REDIS_URL: __, ...env } = process.env;
  const child = spawn(process.execPath, ["--import", "tsx", `examples/${name}`], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 25_000,
  });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output, complaints }));
  });
}

describe("the examples", () => {
  test("there are some", () => expect(examples).toContain("parts-operation.ts"));

  test.concurrent.each(examples)(
    "%s ends by itself with exit code 0 and prints what it says",
    async (name) => {
      const { code, output, complaints } = await run(name);
      expect(code, `${output}${complaints}`).toBe(0);
      expect(output).toBe(promised(name));
    },
  );
});
