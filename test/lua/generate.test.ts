import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { bundle, checkBody, parseHeader } from "../../lua/generate.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "lua");
const read = (file: string): string => readFileSync(join(folder, file), "utf8");
const luaIn = (path: string): string[] => readdirSync(path).filter((file) => file.endsWith(".lua"));
const scripts = luaIn(folder);
const libraries = luaIn(join(folder, "lib")).map((file) => `lib/${file}`);

/** A script that keeps its word. */
const honest = `--[[
touch: says that it was here.

KEYS
  record
ARGV
  given  micros?  the server's time, set by tests only
  owner  text
  times  count
  loud   flag
RETURNS
  touched now | refused now
]]
local record = KEYS[1]
local given = ARGV[1]
local owner = ARGV[2]
local times = tonumber(ARGV[3])
local loud = ARGV[4] == '1'

if loud then
  return { 'refused', 0 }
end
return { 'touched', 0 }
`;

const check = (source: string): void => checkBody("touch", parseHeader("touch", source), source);

describe("the generator", () => {
  test("takes a script whose body does what its header says", () => {
    expect(() => check(honest)).not.toThrow();
    expect(parseHeader("touch", honest)).toMatchObject({
      summary: "says that it was here.",
      keys: [{ name: "record", type: "text" }],
      args: [
        { name: "given", type: "micros", optional: true },
        { name: "owner", type: "text", optional: false },
        { name: "times", type: "count", optional: false },
        { name: "loud", type: "flag", optional: false },
      ],
    });
  });

  test.each<[string, (source: string) => string, RegExp]>([
    ["that has no header", (source) => source.replace(/^--\[\[[\s\S]*?\]\]\n/, ""), /touch\.lua: no header/],
    [
      "whose header names another verb",
      (source) => source.replace("touch: ", "tuch: "),
      /must begin with "touch: "/,
    ],
    [
      "that binds its arguments in another order",
      (source) =>
        source
          .replace("owner = ARGV[2]", "owner = ARGV[3]")
          .replace("tonumber(ARGV[3])", "tonumber(ARGV[2])"),
      /lacks "local owner = ARGV\[2\]"/,
    ],
    [
      "that binds a key under another name",
      (source) => source.replace("local record =", "local key ="),
      /lacks "local record = KEYS\[1\]"/,
    ],
    [
      "that reads a count as text",
      (source) => source.replace("tonumber(ARGV[3])", "ARGV[3]"),
      /lacks "local times = tonumber/,
    ],
    [
      "that leaves an argument of its header unread",
      (source) => source.replace(/local loud.*\n/, "\n"),
      /lacks "local loud/,
    ],
    [
      "that reads an argument its header does not name",
      (source) => source.replace("\nif loud", "\nlocal more = ARGV[5]\nif loud"),
      /uses 5 of ARGV, its header names 4/,
    ],
    [
      "that answers what its header does not tell",
      (source) => source.replace("return { 'touched', 0 }", "return { 'tickled', 0 }"),
      /answers 'tickled', not in its header/,
    ],
    [
      "with an argument of unknown type",
      (source) => source.replace("times  count", "times  number"),
      /times has no known type/,
    ],
    [
      "with an argument of no type",
      (source) => source.replace("times  count", "times"),
      /times has no known type/,
    ],
  ])("refuses a script %s", (_, spoil, complaint) => {
    const spoilt = spoil(honest);
    expect(spoilt).not.toBe(honest);
    expect(() => check(spoilt)).toThrow(complaint);
  });
});

describe("the generated file", () => {
  const run = (place: string, ...args: string[]) =>
    spawnSync(process.execPath, ["--import", "tsx", join(place, "lua/generate.ts"), ...args], {
      cwd: root,
      encoding: "utf8",
    });

  /** The scripts, the generator and what it writes, to be spoilt at will. */
  function copy(): string {
    const place = mkdtempSync(join(tmpdir(), "sendonce-lua-"));
    onTestFinished(() => rmSync(place, { recursive: true }));
    cpSync(folder, join(place, "lua"), { recursive: true });
    mkdirSync(join(place, "packages/core/src/redis"), { recursive: true });
    cpSync(
      join(root, "packages/core/src/redis/scripts.ts"),
      join(place, "packages/core/src/redis/scripts.ts"),
    );
    writeFileSync(join(place, "package.json"), '{ "type": "module" }');
    symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
    return place;
  }

  test("is what the scripts say", () => {
    execFileSync(process.execPath, ["--import", "tsx", join(folder, "generate.ts"), "--check"], {
      cwd: root,
    });
  });

  test("that is stale fails --check, which names the remedy and writes nothing", () => {
    const place = copy();
    expect(run(place, "--check").status).toBe(0);
    const target = join(place, "packages/core/src/redis/scripts.ts");
    const before = readFileSync(target, "utf8");
    const script = join(place, "lua/renew.lua");
    writeFileSync(
      script,
      readFileSync(script, "utf8").replace("held.lease = now + lease", "held.lease = now + lease + 1"),
    );
    const { status, stderr } = run(place, "--check");
    expect(status).toBe(1);
    expect(stderr).toContain("out of date: run pnpm exec tsx lua/generate.ts");
    expect(readFileSync(target, "utf8")).toBe(before);
    expect(run(place).status).toBe(0);
    expect(readFileSync(target, "utf8")).not.toBe(before);
    expect(run(place, "--check").status).toBe(0);
  });
});

describe.each(scripts)("%s", (file) => {
  const source = read(file);
  const body = bundle(source);

  test("includes what it uses, each library once, and before it is needed", () => {
    const included = [...source.matchAll(/^--@include (\S+)$/gm)].map(([, path]) => path!);
    expect(new Set(included).size).toBe(included.length);
    const calls = (text: string, name: string) => new RegExp(`\\b${name}\\(`).test(text);
    for (const [at, library] of included.entries()) {
      const own = definedIn(read(library));
      const others = [...included.filter((_, i) => i > at).map(read), source].map(code).join("\n");
      expect(
        own.some((name) => calls(others, name)),
        `${library} is included for nothing`,
      ).toBe(true);
    }
    const known = new Set(included.flatMap((library) => definedIn(read(library))));
    for (const name of libraries.flatMap((library) => definedIn(read(library))))
      if (calls(code(source), name)) expect(known, `${name}() is used but not included`).toContain(name);
  });

  test("touches no key that is not in KEYS", () => {
    expect(parseHeader(file.slice(0, -4), source).keys.length).toBeGreaterThan(0);
    for (const [call, command, first] of body.matchAll(/redis\.p?call\('(\w+)'(?:, (\w[\w.[\]]*))?/g)) {
      expect(["GET", "SET", "DEL", "TIME"], call).toContain(command);
      if (command !== "TIME") expect(["key", "record", "KEYS[1]"], call).toContain(first);
    }
    // A key never grows from parts, and helpers get it as it came.
    expect(body).not.toMatch(/(KEYS\[[^\]]+\]|\bkey\b|\brecord\b)\s*\.\.|\.\.\s*(KEYS\[|key\b)/);
    for (const [call, key] of body.matchAll(
      /(?<!function )\b(?:recordAt|writeRecord|ruleAt|writeRule|readRule)\((\w+(?:\([^)]*\)|\[[^\]]*\])?)/g,
    ))
      expect(key, call).toMatch(/^(KEYS\[[\w +]+\]|key|record|rule|ruleKey\(\w+\))$/);
  });

  test("names every command it calls: none searches, empties, or waits", () => {
    expect(body).not.toMatch(/redis\.(?!p?call\('(GET|SET|DEL|TIME)')/);
  });

  test("writes numbers by %d, and times by the server's clock alone", () => {
    expect(body).not.toMatch(/tostring\(|os\.(time|clock)|math\.random/);
  });
});

test("every function of the libraries is used", () => {
  const everything = [...libraries, ...scripts].map((file) => code(read(file))).join("\n");
  for (const name of libraries.flatMap((library) => definedIn(read(library)))) {
    const uses = everything.match(new RegExp(`\\b${name}\\(`, "g"))!.length;
    expect(uses, name).toBeGreaterThan(1);
  }
});

test("every library is included by some script", () => {
  const all = scripts.map(read).join("\n");
  for (const library of libraries) expect(all).toContain(`--@include ${library}\n`);
});

/** Functions that a library offers. */
function definedIn(source: string): string[] {
  return [...source.matchAll(/^local function (\w+)\(/gm)].map(([, name]) => name!);
}

/** Without comments. */
function code(source: string): string {
  return source.replace(/--\[\[[\s\S]*?\]\]/g, "").replace(/--.*$/gm, "");
}
