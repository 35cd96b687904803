import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Manifest, packageNames, root } from "../house/repository.js";
import { packAll, run, tool } from "./pack.js";
import { type Bump, bumps, type Changeset, changesetsIn, copyForRelease, raised } from "./release.js";

interface Published extends Manifest {
  readonly version: string;
  readonly publishConfig?: Readonly<Record<string, unknown>>;
  readonly repository?: { readonly url: string; readonly directory: string };
}

/** Where the release is made; the repository itself stays as it is. */
const folder = realpathSync(mkdtempSync(join(tmpdir(), "sendonce-release-")));
let changesets: Changeset[];

beforeAll(async () => {
  await copyForRelease(folder);
  changesets = changesetsIn(folder);
  await run(tool("changeset"), ["version"], { cwd: folder, timeoutMs: 20_000 });
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifestIn = (where: string, name: string): Published =>
  JSON.parse(readFileSync(join(where, "packages", name, "package.json"), "utf8")) as Published;

const changelogOf = (name: string): string =>
  readFileSync(join(folder, "packages", name, "CHANGELOG.md"), "utf8");

/** What the changesets ask for; packages of one `fixed` group rise together. */
function bumpOf(name: string): Bump | undefined {
  const { fixed } = JSON.parse(readFileSync(join(root, ".changeset", "config.json"), "utf8")) as {
    fixed: string[][];
  };
  const group = fixed.find((names) => names.includes(`@sendonce/${name}`)) ?? [`@sendonce/${name}`];
  return bumps.findLast((bump) =>
    changesets.some(({ packages }) => group.some((one) => packages.get(one) === bump)),
  );
}

describe("a release, made dry", () => {
  test("uses up every changeset, and each names packages that there are", () => {
    const names = packageNames().map((name) => `@sendonce/${name}`);
    for (const { name, packages } of changesets) {
      expect(packages.size, name).toBeGreaterThan(0);
      expect(names, name).toEqual(expect.arrayContaining([...packages.keys()]));
    }
    expect(readdirSync(join(folder, ".changeset")).filter((name) => name.endsWith(".md"))).toEqual([]);
  });

  describe.each(packageNames())("%s", (name) => {
    test("rises by what its changesets ask for, or by a patch when only core under it rose", () => {
      const { version: before, dependencies } = manifestIn(root, name);
      const { version } = manifestIn(folder, name);
      const bump = bumpOf(name) ?? (dependencies && "@sendonce/core" in dependencies ? "patch" : undefined);
      expect(version).toBe(bump ? raised(before, bump) : before);
    });

    test("has a changelog that a reader can read: the version, then what is new, each in its own words", () => {
      const concerned = changesets.filter(({ packages }) => packages.has(`@sendonce/${name}`));
      if (concerned.length === 0 && !existsSync(join(folder, "packages", name, "CHANGELOG.md"))) return;
      const [title, ...rest] = changelogOf(name).split("\n");
      expect(title).toBe(`# @sendonce/${name}`);
      const newest = rest.join("\n").split(/^## /m)[1]!;
      expect(newest.split("\n")[0]).toBe(manifestIn(folder, name).version);
      for (const { packages, firstLine } of concerned) {
        const section = sectionOf(newest, packages.get(`@sendonce/${name}`)!);
        expect(
          section.filter((line) => line.replace(/^- [0-9a-f]{7}: /, "- ") === `- ${firstLine}`),
        ).toHaveLength(1);
      }
      const core = manifestIn(folder, "core").version;
      const comesWithCore = "@sendonce/core" in (manifestIn(root, name).dependencies ?? {});
      const lines = newest.split("\n").filter((line) => line.startsWith("- With "));
      expect(lines).toEqual(comesWithCore ? [`- With \`@sendonce/core\` ${core}.`] : []);
      expect(newest.match(/^ *```/gm)?.length ?? 0, "every block of code is closed").toSatisfy(isEven);
    });
  });

  test("packs manifests that mean something outside the workspace", async () => {
    const packed = await packAll(join(folder, "tarballs"), folder);
    const core = manifestIn(folder, "core").version;
    for (const [name, tarball] of packed) {
      const manifest = JSON.parse(await run("tar", ["-xzOf", tarball, "package/package.json"])) as Published;
      expect(manifest.version).toBe(manifestIn(folder, name).version);
      expect(JSON.stringify({ ...manifest, devDependencies: {} })).not.toMatch(
        /"(workspace|catalog|file|link):/,
      );
      if (manifest.dependencies && "@sendonce/core" in manifest.dependencies)
        expect(manifest.dependencies["@sendonce/core"]).toBe(`^${core}`);
      const { publishConfig, repository } = manifestIn(folder, name);
      expect(publishConfig).toMatchObject({ access: "public", provenance: true });
      // npm refuses a provenance whose repository is not the package's.
      expect(repository).toMatchObject({ directory: `packages/${name}` });
    }
    expect(packed.size).toBe(packageNames().length);
  });
});

/** The lines below `### Minor Changes` and the like. */
function sectionOf(release: string, bump: Bump): string[] {
  const heading = `${bump[0]!.toUpperCase()}${bump.slice(1)} Changes`;
  const section = release.split(/^### /m).find((part) => part.startsWith(`${heading}\n`));
  return section?.split("\n") ?? [];
}

const isEven = (count: number): boolean => count % 2 === 0;
