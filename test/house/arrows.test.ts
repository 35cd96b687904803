import { describe, expect, test } from "vitest";
import { importsOf, packageOf, read, sourcesOf, targetOf } from "./repository.js";

/** Core's files from the ground up. A file that is not named belongs to the domain. */
const layers: readonly { readonly name: string; readonly files: RegExp }[] = [
  { name: "ground", files: /^(call|clock|errors|validate|methods|store\/port)\.ts$/ },
  {
    name: "domain",
    files:
      /^(?!(guard|edits|flights|turns|preparation|messages|touches|update-guard|index|parts\/delivery-service)\.ts$|testing\/|adapter\/|fetch\/|webhook\/|metrics\/|opentelemetry\/|health\/|broadcast\/broadcast\.ts)/,
  },
  { name: "conduct", files: /^(edits|flights|turns|preparation|messages|touches|update-guard)\.ts$/ },
  { name: "guard", files: /^guard\.ts$/ },
  { name: "service", files: /^parts\/delivery-service\.ts$/ },
  {
    name: "adapter",
    files: /^(adapter|fetch|webhook|metrics|opentelemetry|health)\/|^broadcast\/broadcast\.ts$/,
  },
  { name: "index", files: /^(index|parts\/delivery-service)\.ts$/ },
  { name: "testing", files: /^testing\// },
];

const core = "packages/core/src/";
const layerOf = (path: string): number =>
  layers.findIndex(({ files }) => files.test(path.slice(core.length)));
const arrow = (from: string, to: string): string => `${from} → ${to}`;

describe("arrows point inward", () => {
  const imports = sourcesOf("core").flatMap(importsOf);

  test("a file of core imports from its own layer or from one below", () => {
    const upward = imports.flatMap((one) => {
      const target = targetOf(one);
      if (target === undefined || layerOf(target) <= layerOf(one.from)) return [];
      return [`${arrow(one.from, target)} (${layers[layerOf(target)]?.name})`];
    });
    expect(upward).toEqual([]);
  });

  test("core's files import each other without a circle", () => {
    const targets = new Map<string, string[]>();
    for (const one of imports) {
      const target = one.typeOnly ? undefined : targetOf(one);
      if (target !== undefined) targets.set(one.from, [...(targets.get(one.from) ?? []), target]);
    }
    const done = new Set<string>();
    const walk = (path: string, trail: string[]): string[] => {
      if (trail.includes(path)) return [[...trail.slice(trail.indexOf(path)), path].join(" → ")];
      if (done.has(path)) return [];
      const circles = (targets.get(path) ?? []).flatMap((next) => walk(next, [...trail, path]));
      done.add(path);
      return circles;
    };
    expect(sourcesOf("core").flatMap((path) => walk(path, []))).toEqual([]);
  });

  test("core knows no framework, and only its stores know other packages", () => {
    const foreign = imports.filter(
      ({ from, specifier }) =>
        packageOf(specifier) !== undefined &&
        !/^(store|redis|progress-bar|opentelemetry)\//.test(from.slice(core.length)),
    );
    const frameworks = imports.filter(({ specifier }) =>
      ["grammy", "telegraf", "@grammyjs/types"].includes(packageOf(specifier) ?? ""),
    );
    expect([...foreign, ...frameworks].map(({ from, specifier }) => arrow(from, specifier))).toEqual([]);
  });

  test("Redis is not reached from core's root import", () => {
    const reached = new Set<string>();
    const reach = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      for (const one of imports) {
        const target = one.from === path && !one.typeOnly ? targetOf(one) : undefined;
        if (target !== undefined) reach(target);
      }
    };
    reach(`${core}index.ts`);
    expect([...reached].filter((path) => /redis/.test(path))).toEqual([]);
  });

  test.each(["grammy", "telegraf"])(
    "the adapter for %s takes core by its public name and makes no store itself",
    (name) => {
      const wrong = sourcesOf(name)
        .flatMap(importsOf)
        .filter((one) => {
          if (targetOf(one) !== undefined) return !targetOf(one)?.startsWith(`packages/${name}/src/`);
          if (one.names.some((imported) => /^(memory|redis)Store$/i.test(imported))) return true;
          if (packageOf(one.specifier) !== "@sendonce/core") return /redis/.test(one.specifier);
          // Re-exported, to spare users a second install; or loaded when REDIS_URL asks for it.
          if (one.specifier === "@sendonce/core/redis")
            return !one.late && one.from !== `packages/${name}/src/redis.ts`;
          return one.specifier !== "@sendonce/core";
        });
      expect(wrong.map(({ from, specifier }) => arrow(from, specifier))).toEqual([]);
    },
  );

  test.each(["grammy", "telegraf"])("the adapter for %s asks no store anything", (name) => {
    const asked = sourcesOf(name).filter((path) => /\.(admit|renew|settle|inspect)\(/.test(read(path)));
    expect(asked).toEqual([]);
  });

  test("the emulator knows neither Sendonce nor a framework", () => {
    const wrong = sourcesOf("emulator")
      .flatMap(importsOf)
      .filter((one) => {
        const target = targetOf(one);
        if (target !== undefined) return !target.startsWith("packages/emulator/src/");
        return /^(@sendonce\/|grammy|telegraf)/.test(one.specifier);
      });
    expect(wrong.map(({ from, specifier }) => arrow(from, specifier))).toEqual([]);
  });
});
