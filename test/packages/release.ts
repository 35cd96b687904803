import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageNames, root } from "../house/repository.js";
import { environment, run } from "./pack.js";

/** How much a version rises, least first. */
export const bumps = ["patch", "minor", "major"] as const;
export type Bump = (typeof bumps)[number];

/** A file of .changeset/. */
export interface Changeset {
  readonly name: string;
  readonly packages: ReadonlyMap<string, Bump>;
  /** The line that a changelog's reader sees first. */
  readonly firstLine: string;
}

/** The changesets that wait for the next release. */
export function changesetsIn(folder: string): Changeset[] {
  return readdirSync(join(folder, ".changeset"))
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => {
      const text = readFileSync(join(folder, ".changeset", name), "utf8");
      const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? [];
      if (head === undefined || body === undefined) throw new Error(`${name} is no changeset`);
      const packages = [...head.matchAll(/^"(.+)": (patch|minor|major)$/gm)];
      return {
        name,
        packages: new Map(packages.map(([, wanted, bump]) => [wanted!, bump as Bump])),
        firstLine: body.trim().split("\n")[0]!,
      };
    });
}

/**
 * What a release is decided by, in a folder of its own: the manifests, the changesets and one more of ours, so that
 * there is something to release also just after a release. What the tarballs hold besides, check.ts looks at.
 */
export async function copyForRelease(folder: string): Promise<void> {
  for (const path of ["package.json", "pnpm-workspace.yaml", "LICENSE", ".changeset"])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  for (const name of packageNames()) {
    const copied = join(folder, "packages", name);
    for (const path of ["package.json", "README.md"])
      cpSync(join(root, "packages", name, path), join(copied, path), { recursive: true });
    // Where pnpm looks for the version that `workspace:^` stands for.
    mkdirSync(join(copied, "node_modules", "@sendonce"), { recursive: true });
    symlinkSync(join(folder, "packages", "core"), join(copied, "node_modules", "@sendonce", "core"));
  }
  writeFileSync(join(folder, ".gitignore"), "node_modules\n");
  writeFileSync(
    join(folder, ".changeset", "dry-release.md"),
    '---\n"@sendonce/core": minor\n---\n\nWhat the dry release brings:\n\n```ts\ncreateGuard();\n```\n',
  );
  const git = (...args: string[]) => run("git", args, { cwd: folder, env: asNobody() });
  await git("init", "--quiet");
  await git("add", "--all");
  await git("commit", "--quiet", "--no-verify", "--message", "before the release");
}

/** Neither the name nor the settings of whoever runs this. */
const asNobody = (): NodeJS.ProcessEnv => ({
  ...environment(),
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Sendonce",
  GIT_AUTHOR_EMAIL: "sendonce@example.org",
  GIT_COMMITTER_NAME: "Sendonce",
  GIT_COMMITTER_EMAIL: "sendonce@example.org",
});

/** A version, risen. */
export function raised(version: string, bump: Bump): string {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (bump === "major") return `${major + 1}.0.0`;
  return bump === "minor" ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}
