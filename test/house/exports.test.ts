import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { read, root } from "./repository.js";

const entries = [
  "packages/core/src/index.ts",
  "packages/core/src/testing/index.ts",
  "packages/core/src/opentelemetry/index.ts",
  "packages/grammy/src/index.ts",
  "packages/telegraf/src/index.ts",
  "packages/prometheus/src/index.ts",
  "packages/emulator/src/index.ts",
];

describe("every export says what it is", () => {
  const { config } = ts.parseConfigFileTextToJson("tsconfig.json", read("tsconfig.json"));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    entries.map((entry) => join(root, entry)),
    { ...options, noResolve: false },
  );
  const checker = program.getTypeChecker();

  test.each(entries)("%s", (entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(join(root, entry))!)!;
    const silent = checker
      .getExportsOfModule(module)
      .filter((symbol) => declared(symbol).getDocumentationComment(checker).length === 0)
      .map(({ name }) => name);
    expect(silent).toEqual([]);
  });

  function declared(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }
});
