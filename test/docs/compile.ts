import { join } from "node:path";
import ts from "typescript";
import { read, root } from "../house/repository.js";
import { declaredIn, importedIn } from "./names.js";
import type { Snippet } from "./snippets.js";

/** What the readers of either framework take for granted: `bot`, `token`, the imports of the page's first snippet … */
const namesOfWorld = (framework: Snippet["framework"]): Set<string> =>
  new Set(["shared", framework].flatMap((name) => [...declaredIn(read(`test/docs/worlds/${name}.ts`))]));

/**
 * Compiles each snippet as a module of its own, all in one program, against the packages' sources.
 *
 * @returns for each snippet what the compiler minds, as `page:line words`
 */
export function compile(snippets: readonly Snippet[]): string[][] {
  const options = compilerOptions();
  const host = ts.createCompilerHost(options);
  const modules = new Map(snippets.map((snippet, at) => [fileOf(at), moduleOf(snippet)] as const));
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => modules.has(path) || fileExists.call(host, path);
  host.readFile = (path) => modules.get(path)?.text ?? readFile.call(host, path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = modules.get(path)?.text;
    if (text === undefined) return getSourceFile.call(host, path, version, ...rest);
    return ts.createSourceFile(path, text, version, true);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  return snippets.map((snippet, at) => {
    const file = program.getSourceFile(fileOf(at))!;
    const minded = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return minded.map((diagnostic) => told(diagnostic, snippet));
  });
}

/** As strict as the packages themselves, but for what only matters to files that are kept. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  return {
    ...options,
    noUnusedLocals: false,
    noUnusedParameters: false,
    verbatimModuleSyntax: false,
    isolatedModules: false,
  };
}

/** In the repository, so that packages are found as they are from its other files. */
const fileOf = (at: number): string => join(root, "test", "docs", `snippet-${at}.ts`);

/** A snippet, behind one line that imports what it neither declares nor imports itself. */
function moduleOf({ text, framework }: Snippet): { readonly text: string } {
  const own = new Set([...declaredIn(text), ...importedIn(text)]);
  const missing = [...namesOfWorld(framework)].filter((name) => !own.has(name));
  return { text: `import { ${missing.join(", ")} } from "./worlds/${framework}.js";\n${text}\nexport {};\n` };
}

function told({ file, start, messageText }: ts.Diagnostic, { page, line }: Snippet): string {
  const words = ts.flattenDiagnosticMessageText(messageText, " ");
  const below = file ? file.getLineAndCharacterOfPosition(start ?? 0).line - 1 : 0;
  return `${page}:${line + below} ${words}`;
}
