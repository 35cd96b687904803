/**
 * Turns lua/*.lua into packages/core/src/redis/scripts.ts: the text of each script with its includes, and a
 * function that turns named, typed input into KEYS and ARGV. A header that disagrees with its body is refused.
 *
 *     pnpm exec tsx lua/generate.ts           writes the file
 *     pnpm exec tsx lua/generate.ts --check   fails when the file is not what the scripts say
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const target = join(folder, "../packages/core/src/redis/scripts.ts");

type FieldType = "text" | "count" | "micros" | "flag" | "charges" | "words" | "keys";

interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly optional: boolean;
}

interface Header {
  readonly summary: string;
  readonly keys: readonly Field[];
  readonly args: readonly Field[];
  readonly statuses: readonly string[];
}

/** How a field of each type is read in the script, and typed and written in TypeScript. */
const readings: { readonly [Type in FieldType]: (source: string, optional: boolean) => string } = {
  text: (source) => source,
  count: (source) => `tonumber(${source})`,
  micros: (source, optional) => (optional ? source : `tonumber(${source})`),
  flag: (source) => `${source} == '1'`,
  charges: (source) => `readCharges(${source})`,
  words: (source) => source,
  keys: (source) => source,
};

const types: { readonly [Type in FieldType]: string } = {
  text: "string",
  count: "number",
  micros: "number",
  flag: "boolean",
  charges: "readonly RuleCharge[]",
  words: "readonly string[]",
  keys: "readonly string[]",
};

/** Reads the comment at the top of a script. */
export function parseHeader(name: string, source: string): Header {
  const comment = /^--\[\[\n([\s\S]*?)\n\]\]\n/.exec(source)?.[1];
  if (comment === undefined) throw new Error(`${name}.lua: no header; begin with --[[ … ]]`);
  const [head = "", keys = "", args = "", returns = ""] = comment.split(/^KEYS$|^ARGV$|^RETURNS$/m);
  const summary = head.trim();
  if (!summary.startsWith(`${name}: `))
    throw new Error(`${name}.lua: the header must begin with "${name}: "`);
  return {
    summary: summary.slice(name.length + 2).replace(/\s+/g, " "),
    keys: fieldsOf(name, keys, "keys"),
    args: fieldsOf(name, args, undefined),
    statuses: returns.split(/[|\n]/).map((answer) => answer.trim().split(/\s+/)[0] ?? ""),
  };
}

function fieldsOf(script: string, block: string, only: "keys" | undefined): Field[] {
  return block
    .split("\n")
    .filter((line) => /^ {2}\S/.test(line))
    .map((line) => {
      const [, name = "", many, type] = /^ {2}(\w+)(\.\.\.)?(?:\s+(\w+)\??)?/.exec(line) ?? [];
      if (only) return { name, type: many ? "keys" : "text", optional: false };
      if (many) return { name, type: "words", optional: false };
      if (type === undefined || !(type in types)) throw new Error(`${script}.lua: ${name} has no known type`);
      return { name, type: type as FieldType, optional: new RegExp(`${type}\\?`).test(line) };
    });
}

/** Refuses a script whose body binds other names, in another order, than its header says. */
export function checkBody(name: string, header: Header, body: string): void {
  const bound = (field: Field, source: string) => {
    const wanted = `local ${field.name} = ${readings[field.type](source, field.optional)}`;
    if (!body.includes(`${wanted}\n`)) throw new Error(`${name}.lua: the body lacks "${wanted}"`);
  };
  header.keys.forEach((field, i) => {
    if (field.type === "text") bound(field, `KEYS[${i + 1}]`);
  });
  for (const [i, field] of header.args.entries()) {
    if (field.type !== "words") bound(field, `ARGV[${i + 1}]`);
  }
  const used = new Set([...body.matchAll(/ARGV\[(\d+)\]/g)].map((match) => Number(match[1])));
  const plain = header.args.filter(({ type }) => type !== "words").length;
  if (used.size !== plain)
    throw new Error(`${name}.lua: uses ${used.size} of ARGV, its header names ${plain}`);
  for (const [, status = ""] of body.matchAll(/return \{ '(\w+)'/g)) {
    if (!header.statuses.includes(status))
      throw new Error(`${name}.lua: answers '${status}', not in its header`);
  }
}

/** Puts the includes in, each once, and takes comments and indents out. */
export function bundle(source: string): string {
  return source
    .replace(/^--\[\[\n[\s\S]*?\n\]\]\n/, "")
    .replace(/^--@include (\S+)$/gm, (_, file: string) => readFileSync(join(folder, file), "utf8").trimEnd())
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("--"))
    .join("\n");
}

function render(name: string, source: string): string {
  const header = parseHeader(name, source);
  checkBody(name, header, source);
  const title = name[0]!.toUpperCase() + name.slice(1);
  const fields = [...header.keys, ...header.args];
  const input = fields
    .map(({ name, type, optional }) => `  readonly ${name}: ${types[type]}${optional ? " | undefined" : ""};`)
    .join("\n");
  const keys = header.keys.map((field) =>
    field.type === "keys" ? `...input.${field.name}` : `input.${field.name}`,
  );
  const args = header.args.map(writtenAs);
  return `/** Input of \`${name}\`. */
export interface ${title}Input {
${input}
}

/** ${header.summary} */
export const ${name}: Script<${title}Input> = script(
  "${name}",
  ${JSON.stringify(bundle(source))},
  (input) => [${keys.join(", ")}],
  (input) => [${args.join(", ")}],
);
`;
}

function writtenAs({ name, type, optional }: Field): string {
  if (type === "charges") return `chargesText(input.${name})`;
  if (type === "words") return `...input.${name}`;
  if (type === "flag") return `input.${name} ? "1" : "0"`;
  if (type === "text") return `input.${name}`;
  return optional ? `input.${name} === undefined ? "" : String(input.${name})` : `String(input.${name})`;
}

function generate(): string {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith(".lua"))
    .map((file) => file.slice(0, -4))
    .sort();
  const scripts = names.map((name) => render(name, readFileSync(join(folder, `${name}.lua`), "utf8")));
  return `// Generated from lua/*.lua by lua/generate.ts. Change those instead.
import type { RuleCharge } from "../store/port.js";
import { chargesText, type Script, script } from "./script.js";

${scripts.join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = generate();
  if (!process.argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text) {
    console.error("packages/core/src/redis/scripts.ts is out of date: run pnpm exec tsx lua/generate.ts");
    process.exitCode = 1;
  }
}
