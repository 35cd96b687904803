import { describe, expect, test } from "vitest";
import { filesIn, importsOf, manifestOf, packageNames, packageOf, sourcesOf } from "./repository.js";

/** Stands for Node's own modules and for files beside this one: never to be declared. */
const builtIn = "";

const names = (...groups: (Readonly<Record<string, string>> | undefined)[]): Set<string> =>
  new Set([builtIn, ...groups.flatMap((group) => Object.keys(group ?? {}))]);

describe.each(packageNames())("%s", (name) => {
  const { name: itself, dependencies, peerDependencies, devDependencies } = manifestOf(name);

  test("declares what it imports at run time", () => {
    const declared = names({ [itself]: "itself" }, dependencies, peerDependencies);
    const missing = sourcesOf(name)
      .flatMap(importsOf)
      .filter(({ typeOnly }) => !typeOnly)
      .filter(({ specifier }) => !declared.has(packageOf(specifier) ?? builtIn));
    expect(missing.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test("declares what it and its tests import at all", () => {
    const declared = names(dependencies, peerDependencies, devDependencies, manifestOf().devDependencies);
    const missing = filesIn(`packages/${name}`)
      .filter((path) => path.endsWith(".ts"))
      .flatMap(importsOf)
      .filter(({ specifier }) => {
        const wanted = packageOf(specifier);
        return wanted !== undefined && wanted !== itself && !declared.has(wanted);
      });
    expect(missing.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  test("asks nobody to install what it never imports", () => {
    const imported = new Set(
      sourcesOf(name)
        .flatMap(importsOf)
        .map(({ specifier }) => packageOf(specifier)),
    );
    const asked = [...names(dependencies, peerDependencies)].filter((wanted) => wanted !== builtIn);
    expect(asked.filter((wanted) => !imported.has(wanted))).toEqual([]);
  });
});

test.each(["grammy", "telegraf"])("the adapter for %s brings no framework of its own", (name) => {
  const { dependencies, peerDependencies } = manifestOf(name);
  expect(Object.keys(dependencies ?? {})).toEqual(["@sendonce/core"]);
  expect(Object.keys(peerDependencies ?? {})).toEqual([name]);
});
