import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The folder that holds the whole repository. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

const skipped = new Set(["node_modules", "dist", "coverage", ".git", "reports", ".stryker-tmp"]);

/** The API reference is made from the sources. */
const made = join("docs", "api");

/** Every file below `folder` that somebody wrote, as paths from the root with forward slashes. */
export function filesIn(folder = ""): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return skipped.has(entry.name) || path === made ? [] : filesIn(path);
      return entry.isFile() ? [path.split(sep).join("/")] : [];
    })
    .sort();
}

/** The text of a file, by its path from the root. */
export const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Tests, and what only tests import: neither is shipped. */
const isTest = (path: string): boolean =>
  /\.(test|test-d)\.ts$/.test(path) || /\/src\/(.*\/)?test\//.test(path);

/** The TypeScript sources of a package that end up in its tarball. */
export const sourcesOf = (name: string): string[] =>
  filesIn(`packages/${name}/src`).filter((path) => path.endsWith(".ts") && !isTest(path));

/** The names of the folders in packages/. */
export const packageNames = (): string[] =>
  readdirSync(join(root, "packages"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && filesIn(`packages/${entry.name}`).length > 0)
    .map(({ name }) => name)
    .sort();

/** A package.json, as far as the house cares. */
export interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The manifest of a package, or the root's. */
export const manifestOf = (name?: string): Manifest =>
  JSON.parse(read(name === undefined ? "package.json" : `packages/${name}/package.json`)) as Manifest;

/** One import or re-export. */
export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
  /** Loaded by `import()`, when the code gets there. */
  readonly late: boolean;
}

/** What a file imports and re-exports, statically or by `import()`. */
export function importsOf(path: string): Import[] {
  const found: Import[] = [];
  const note = (specifier: ts.Expression | undefined, typeOnly: boolean, names: string[], late = false) => {
    if (specifier && ts.isStringLiteral(specifier))
      found.push({ from: path, specifier: specifier.text, typeOnly, names, late });
  };
  everyNode(parse(path), (node) => {
    if (ts.isImportDeclaration(node)) note(node.moduleSpecifier, isTypeImport(node), namesOf(node));
    if (ts.isExportDeclaration(node)) note(node.moduleSpecifier, isTypeExport(node), []);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      note(node.arguments[0], false, [], true);
  });
  return found;
}

/** The file that a relative import points at, as a path from the root. */
export function targetOf({ from, specifier }: Import): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const path = relative(root, join(root, dirname(from), specifier));
  return path.split(sep).join("/").replace(/\.js$/, ".ts");
}

/** `@scope/name` or `name`, without a subpath; undefined for relative paths and what Node brings. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The syntax tree of a file. */
export const parse = (path: string): ts.SourceFile =>
  ts.createSourceFile(basename(path), read(path), ts.ScriptTarget.Latest, true);

/** Visits a tree, parents first. */
export function everyNode(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => everyNode(child, visit));
}

function isTypeImport({ importClause: clause }: ts.ImportDeclaration): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  return (
    clause.name === undefined &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.length > 0 &&
    bindings.elements.every((element) => element.isTypeOnly)
  );
}

function isTypeExport({ isTypeOnly, exportClause: clause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (clause === undefined || !ts.isNamedExports(clause)) return false;
  return clause.elements.every((element) => element.isTypeOnly);
}

function namesOf({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}
