import ts from "typescript";

/** The names that a file declares at its top, or exports. */
export function declaredIn(text: string): Set<string> {
  return new Set(statementsOf(text).flatMap((statement) => declaredBy(statement).flatMap(namesIn)));
}

/** The names that a file imports. */
export function importedIn(text: string): Set<string> {
  const imports = statementsOf(text).filter(ts.isImportDeclaration);
  return new Set(imports.flatMap((statement) => importedBy(statement).map(({ text: name }) => name)));
}

const statementsOf = (text: string): readonly ts.Statement[] =>
  ts.createSourceFile("top.ts", text, ts.ScriptTarget.Latest).statements;

function declaredBy(statement: ts.Statement): readonly (ts.Node | undefined)[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name);
  if (ts.isExportDeclaration(statement)) return exportedBy(statement);
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement);
  return named ? [statement.name] : [];
}

function exportedBy({ exportClause }: ts.ExportDeclaration): readonly ts.Node[] {
  if (exportClause === undefined) return [];
  return ts.isNamedExports(exportClause)
    ? exportClause.elements.map(({ name }) => name)
    : [exportClause.name];
}

function importedBy({ importClause }: ts.ImportDeclaration): readonly ts.Identifier[] {
  const bindings = importClause?.namedBindings;
  const whole = importClause?.name ? [importClause.name] : [];
  if (bindings === undefined) return whole;
  return [
    ...whole,
    ...(ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name) : [bindings.name]),
  ];
}

/** `{ a, b: [c] }` names a and c. */
function namesIn(name: ts.Node | undefined): string[] {
  if (name === undefined) return [];
  if (ts.isIdentifier(name)) return [name.text];
  if (!ts.isObjectBindingPattern(name) && !ts.isArrayBindingPattern(name)) return [];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesIn(element.name) : []));
}
