import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.js";
import { canonical } from "./canonical.js";

const text = (payload: unknown) => canonical(payload).text;

/** What grammY puts on the wire, read back. */
function wire(payload: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(payload, (_, value) => value ?? undefined));
}

/** The wire with its chats told apart as Telegram tells them apart. */
function wireWithChats(payload: object): Record<string, unknown> {
  const sent = wire(payload);
  for (const field of ["chat_id", "from_chat_id"]) {
    if (Object.hasOwn(sent, field)) sent[field] = chat(sent[field]);
  }
  return sent;
}

function chat(value: unknown): unknown {
  const written = typeof value === "string" || typeof value === "number" ? String(value) : "";
  if (/^-?\d+$/.test(written)) return { id: written };
  return /^@\w+$/.test(written) ? { name: written.toLowerCase() } : value;
}

const name = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "B",
    "é",
    "text",
    "chat_id",
    "from_chat_id",
    "__proto__",
    "constructor",
    "toString",
    "0",
    "10",
    "9",
    "",
  ),
  fc.string({ unit: "binary", maxLength: 4 }),
);
const leaf = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    Number.NaN,
    Infinity,
    0,
    -0,
    1,
    -100,
    1e21,
    0.1,
    "1",
    "-100",
    "@Ab",
    "@aB",
    "f0",
    "#1",
  ),
  fc.constantFrom("null", "NaN", "", "é", "e\u0301", "\ud800", "\ufffd", "\udfff", "[", '"', "@İ", "@\u212a"),
  fc.string({ unit: "binary", maxLength: 3 }),
  fc.double(),
  fc.date({ noInvalidDate: false }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("tree"), { maxLength: 3 }),
    fc.dictionary(name, tie("tree"), { maxKeys: 3 }),
  ),
}));
const payload = fc.dictionary(name, tree, { maxKeys: 4 });
const smallPayload = fc.dictionary(
  fc.constantFrom("chat_id", "a"),
  fc.oneof(leaf, fc.array(leaf, { maxLength: 1 })),
  { maxKeys: 2 },
);

/** The same value with every object's keys in the other order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  const copy = {};
  for (const key of Object.keys(value).reverse())
    define(copy, key, reversed((value as Record<string, unknown>)[key]));
  return copy;
}

function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

describe("two payloads have one canonical form exactly when they are equal on the wire", () => {
  it("for unrelated payloads", () => {
    fc.assert(
      fc.property(payload, payload, (a, b) => {
        expect(text(a) === text(b)).toBe(isDeepStrictEqual(wireWithChats(a), wireWithChats(b)));
      }),
      { numRuns: 2000 },
    );
  });

  it("for payloads that are nearly alike", () => {
    fc.assert(
      fc.property(smallPayload, smallPayload, (a, b) => {
        expect(text(a) === text(b)).toBe(isDeepStrictEqual(wireWithChats(a), wireWithChats(b)));
      }),
      { numRuns: 5000 },
    );
  });

  it("when only the order of keys differs", () => {
    fc.assert(fc.property(payload, (a) => void expect(text(reversed(a))).toBe(text(a))));
  });

  it("when it went over the wire once", () => {
    // Not where a field held NaN: the first trip makes it null, the second drops it.
    const again = (a: object) => isDeepStrictEqual(wire(wire(a)), wire(a));
    fc.assert(fc.property(payload.filter(again), (a) => void expect(text(wire(a))).toBe(text(a))));
  });

  it("and not when one leaf changed", () => {
    fc.assert(
      fc.property(payload, name, leaf, leaf, (rest, key, before, after) => {
        const place = (value: unknown) => ({ ...rest, deep: [{ [`x${key}`]: [value] }] });
        const same = isDeepStrictEqual(wire([before]), wire([after]));
        expect(text(place(before)) === text(place(after))).toBe(same);
      }),
    );
  });
});

describe("what the wire drops or changes", () => {
  it("null, undefined, functions and symbols are no fields", () => {
    expect(text({ a: 1, b: null, c: undefined, d: () => 1, e: Symbol("x") })).toBe(text({ a: 1 }));
  });

  it("they are null inside a list", () => {
    expect(text({ a: [null, undefined, () => 1, Symbol("x")] })).toBe(text({ a: [null, null, null, null] }));
    expect(text({ a: [null] })).not.toBe(text({ a: [] }));
    expect(text({ a: new Array(1) })).toBe(text({ a: [null] }));
  });

  it("a field that is NaN is sent as null, so it is not absent", () => {
    expect(text({ a: Number.NaN })).toBe(text({ a: -Infinity }));
    expect(text({ a: Number.NaN })).not.toBe(text({}));
    expect(text({ a: new Number(Number.NaN) })).toBe(text({ a: Number.NaN }));
  });

  it("-0 is 0", () => expect(text({ a: -0 })).toBe(text({ a: 0 })));

  it("boxed primitives are what they box", () => {
    const boxed = { a: new Number(1), b: new String("x"), c: new Boolean(false), d: Object(Symbol("s")) };
    expect(text(boxed)).toBe(text({ a: 1, b: "x", c: false, d: {} }));
  });

  it("toJSON is asked, with the name it stands under, also on functions", () => {
    const echo = { toJSON: (key: string) => `at ${key}` };
    const callable = Object.assign(() => 1, { toJSON: () => "f" });
    expect(text({ a: echo, b: [echo], c: callable })).toBe(text({ a: "at a", b: ["at 0"], c: "f" }));
    expect(text({ a: new Date(0) })).toBe(text({ a: "1970-01-01T00:00:00.000Z" }));
    expect(text({ a: new Date(Number.NaN) })).toBe(text({}));
  });

  it("class instances, null prototypes and getters are read like literals", () => {
    class Keyboard {
      inline_keyboard = [[{ text: "Go" }]];
      get hidden() {
        return 1;
      }
    }
    const bare = Object.assign(Object.create(null), { inline_keyboard: [[{ text: "Go" }]] });
    expect(text({ m: new Keyboard() })).toBe(text({ m: bare }));
    expect(
      text({
        m: {
          get a() {
            return 1;
          },
        },
      }),
    ).toBe(text({ m: { a: 1 } }));
  });

  it("symbol keys and inherited keys do not count", () => {
    const options = { [Symbol.for("sendonce.delivery")]: { key: "k" }, text: "Hi" };
    expect(text(options)).toBe(text({ text: "Hi" }));
    expect(text(Object.create({ inherited: 1 }))).toBe(text({}));
  });

  it("a missing payload is an empty one", () => expect(text(undefined)).toBe(text({})));
});

describe("chats", () => {
  it("an id is its decimal string", () => {
    expect(text({ chat_id: -1001234567890 })).toBe(text({ chat_id: "-1001234567890" }));
    expect(text({ from_chat_id: 7 })).toBe(text({ from_chat_id: "7" }));
  });

  it("a name counts without case and is never an id", () => {
    expect(text({ chat_id: "@News" })).toBe(text({ chat_id: "@nEWS" }));
    expect(text({ chat_id: "@7" })).not.toBe(text({ chat_id: "7" }));
    expect(text({ chat_id: "News" })).not.toBe(text({ chat_id: "news" }));
  });

  it("letters that only look like ASCII in lower case make other names", () => {
    expect(text({ chat_id: "@\u212aiev" })).not.toBe(text({ chat_id: "@kiev" }));
  });

  it("elsewhere a number is not a string", () => {
    expect(text({ user_id: 7 })).not.toBe(text({ user_id: "7" }));
    expect(text({ a: { chat_id: 7 } })).not.toBe(text({ a: { chat_id: "7" } }));
  });
});

describe("text", () => {
  it("is not normalised", () => expect(text({ text: "\u00e9" })).not.toBe(text({ text: "e\u0301" })));

  it("lone surrogates differ from each other and from U+FFFD, also in names", () => {
    const forms = ["\ud800", "\ud801", "\udc00", "\ufffd"].flatMap((s) => [
      text({ text: s }),
      text({ [s]: 1 }),
    ]);
    expect(new Set(forms.map((form) => Buffer.from(form).toString("hex"))).size).toBe(8);
  });
});

describe("hostile payloads", () => {
  it("names that objects inherit are ordinary names", () => {
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"]) {
      const own = JSON.parse(`{${JSON.stringify(key)}:1}`);
      expect(text(own)).toContain(`"${key}":1`);
      expect(text(own)).not.toBe(text({}));
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("nothing is mutated", () => {
    fc.assert(fc.property(payload, (a) => void canonical(frozen(a))));
  });

  it("an error thrown while reading is the caller's own", () => {
    const menu = new Proxy([], {
      get: () => {
        throw new Error("outside the menu");
      },
    });
    expect(() => canonical({ reply_markup: { inline_keyboard: menu } })).toThrow("outside the menu");
  });

  it("a cycle is an error that names where it closes", () => {
    const inline_keyboard: unknown[] = [];
    inline_keyboard.push([{ text: "secret text", more: inline_keyboard }]);
    const message = failure({ reply_markup: { inline_keyboard } });
    expect(message).toBe(
      "payload.reply_markup.inline_keyboard contains itself; Telegram payloads are JSON, remove the cycle",
    );
    const self: Record<string, unknown> = {};
    self.self = self;
    expect(failure(self)).toMatch(/^payload contains itself;/);
  });

  it("the same object twice is no cycle", () => {
    const button = { text: "Go" };
    expect(text({ a: [button, button] })).toBe(text({ a: [{ text: "Go" }, { text: "Go" }] }));
  });

  it("a BigInt is an error that names its place", () => {
    expect(failure({ options: [{ id: 5n }] })).toBe(
      "payload.options[0].id is a BigInt; JSON cannot carry it, convert it to a string",
    );
    expect(failure({ chat_id: Object(5n) })).toMatch(/^payload\.chat_id is a BigInt/);
    expect(failure({ a: { toJSON: () => 5n } })).toMatch(/^payload\.a is a BigInt/);
  });

  it("512 levels are enough, 513 are an error", () => {
    expect(() => canonical(nested(511))).not.toThrow();
    expect(failure(nested(512))).toMatch(
      /^payload\.a\.a\.a\.a\.a\.a\.a\.a… is nested deeper than 512 levels/,
    );
    const bottomless = { toJSON: () => ({ again: bottomless }) };
    expect(failure({ a: bottomless })).toMatch(/nested deeper/);
  });

  it("errors show no values, and long or odd names cut and quoted", () => {
    const message = failure({ ["x".repeat(10_000)]: { 'a"\nb': 5n } });
    expect(message.length).toBeLessThan(200);
    expect(message).toContain('["a\\"\\nb"]');
  });

  it("giant bytes that are no file are not spelled out", () => {
    const giant = Buffer.alloc(8 * 1024 * 1024);
    const { text: form, files } = canonical({ a: giant, b: new Uint8Array(giant.buffer) });
    expect(form.length).toBeLessThan(100);
    expect(files).toHaveLength(2);
    expect(text({ a: Buffer.from("x") })).not.toBe(text({ a: new Uint8Array([120]) }));
  });
});

function nested(levels: number): object {
  let value: object = {};
  for (let i = 0; i < levels; i++) value = { a: value };
  return value;
}

function failure(payload: unknown): string {
  try {
    canonical(payload);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  }
  throw new Error("it did not fail");
}
