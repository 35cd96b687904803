import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { defaults } from "../../packages/core/src/defaults.js";
import { read, root } from "../house/repository.js";

const page = read("SECURITY.md");

describe("SECURITY.md", () => {
  test("names tests that are there", () => {
    const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, name]) => name as string);
    expect(named.length).toBeGreaterThan(6);
    const isThere = (name: string) =>
      [name, `test/security/${name}`].some((path) => existsSync(join(root, path)));
    expect(named.filter((name) => !isThere(name))).toEqual([]);
  });

  test("links to files that are there, and to headings of its own", () => {
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(
      ([, text]) => `#${text?.toLowerCase().replaceAll(" ", "-")}`,
    );
    const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target as string);
    const isThere = (target: string) => headings.includes(target) || existsSync(join(root, target));
    expect(links.filter((target) => !isThere(target))).toEqual([]);
  });

  test("tells how long things are kept", () => {
    const { idempotency, broadcast } = defaults;
    expect(page).toContain(`\`idempotency.ttlMs\` (${idempotency.ttlMs / 60_000} min)`);
    expect(page).toContain(`\`idempotency.updateTtlMs\` (${idempotency.updateTtlMs / 3_600_000} h)`);
    expect(page).toContain(`its \`ttlMs\` (${broadcast.ttlMs / 86_400_000} days)`);
  });

  test.each(["core", "grammy", "telegraf", "emulator"])("names every dependency of %s", (name) => {
    const { dependencies = {}, peerDependencies = {} } = JSON.parse(read(`packages/${name}/package.json`));
    const row = page.split("\n").find((line) => line.startsWith(`| \`@sendonce/${name}\``)) ?? "";
    const said = row.toLowerCase();
    for (const one of Object.keys({ ...dependencies, ...peerDependencies })) expect(said).toContain(one);
  });
});
