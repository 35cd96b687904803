import { basename } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { foldersAround, leaksIn } from "./leaks.js";
import { everyNode, filesIn, packageNames, parse, read, root, sourcesOf } from "./repository.js";

const timers = /^(setTimeout|setInterval|setImmediate)$/;
const clocks = /^(Date\.now|performance\.now|process\.hrtime|hrtime\.bigint)$/;

/** Where a file reads the time or sleeps, as `path:line what`. */
const timeIn = (path: string): string[] =>
  mentions(path, (node) => {
    if (ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node.parent) && timers.test(node.text))
      return node.text;
    if (ts.isPropertyAccessExpression(node) && clocks.test(node.getText())) return node.getText();
    if (ts.isNewExpression(node) && node.expression.getText() === "Date" && !node.arguments?.length)
      return "new Date()";
    return undefined;
  });

const environmentIn = (path: string): string[] =>
  mentions(path, (node) =>
    ts.isPropertyAccessExpression(node) && node.getText() === "process.env" ? "process.env" : undefined,
  );

function mentions(path: string, what: (node: ts.Node) => string | undefined): string[] {
  const found: string[] = [];
  const file = parse(path);
  everyNode(file, (node) => {
    const words = what(node);
    if (words === undefined) return;
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${path}:${line + 1} ${words}`);
  });
  return found;
}

const allSources = packageNames().flatMap(sourcesOf);

describe("manners", () => {
  test("time is read and waited for in clock.ts alone", () => {
    // Redis is input and output: its sockets have time-outs of their own, and its clock is the server's.
    const exempt = /\/clock\.ts$|^packages\/core\/src\/(testing|redis)\//;
    const others = allSources.filter((path) => !exempt.test(path));
    expect(others.flatMap(timeIn)).toEqual([]);
  });

  test("the environment is read in env.ts alone", () => {
    const others = allSources.filter((path) => path !== "packages/core/src/env.ts");
    expect(others.flatMap(environmentIn)).toEqual([]);
  });

  test("Sendonce's own errors are told by their brand, for there may be two copies of a class", () => {
    const family =
      /^(SendonceError|ConfigurationError|RateLimitExceeded|IdempotencyConflict|StoreUnavailable)$/;
    const byClass = (node: ts.Node) =>
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword &&
      family.test(node.right.getText())
        ? node.getText()
        : undefined;
    expect(allSources.flatMap((path) => mentions(path, byClass))).toEqual([]);
  });

  test("file names are kebab-case", () => {
    const code = filesIn().filter((path) => /\.(ts|mts|cts|mjs|cjs|js|lua)$/.test(path));
    const name = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)?(\.(test|test-d|config|d))?\.[a-z]+$/;
    expect(code.filter((path) => !name.test(basename(path)))).toEqual([]);
  });

  test("no file or folder is a drawer for everything", () => {
    const drawer = /^(utils?|helpers?|commons?|misc)(\.|$)/;
    const named = filesIn().filter((path) => path.split("/").some((part) => drawer.test(part)));
    expect(named).toEqual([]);
  });

  test("no file gives away where it was written or where packages were fetched", () => {
    const folders = foldersAround(root);
    const leaks = filesIn().flatMap((path) => leaksIn(read(path), folders).map((leak) => `${path}: ${leak}`));
    expect(leaks).toEqual([]);
  });
});
