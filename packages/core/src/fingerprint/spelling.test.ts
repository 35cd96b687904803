import { describe, expect, it } from "vitest";
import type { Call, FileSource } from "../call.js";
import { ConfigurationError } from "../errors.js";
import { canonical } from "./canonical.js";
import { chatToken } from "./chat-id.js";
import { fileDigest, isBlob } from "./file-digest.js";
import { type Fingerprint, fingerprint, hashOf } from "./index.js";
import { payloadPath } from "./payload-path.js";

class SomeFile {
  constructor(readonly source: FileSource) {}
}

const fileOf: Call["fileOf"] = (value) => (value instanceof SomeFile ? value.source : undefined);
const url = new SomeFile({ kind: "url", href: "https://example.org/a.png" });
const data = Buffer.from("abc");
const known = new SomeFile({ kind: "bytes", data, filename: "a.png" });

/** Two versions of this package share one store while a fleet is upgraded: what one has filed the other must find. */
describe("in every version", () => {
  it.each<[unknown, string]>([
    [undefined, "{}"],
    [null, "{}"],
    [{}, "{}"],
    [{ b: 1, a: "x", c: true, d: false }, '{"a":"x","b":1,"c":true,"d":false,}'],
    [{ a: null, b: undefined, c: () => 1, d: Symbol("s"), e: Number.NaN }, '{"e":null,}'],
    [{ a: [1, null, undefined, [], {}] }, '{"a":[1,null,null,[],{},],}'],
    [{ 'a"b': 1, "a b": 2, a_b9: 3, "": 4 }, '{"":4,"a b":2,"a\\"b":1,"a_b9":3,}'],
    [
      { chat_id: -100, from_chat_id: "-100", user_id: 7 },
      '{"chat_id":#-100,"from_chat_id":#-100,"user_id":7,}',
    ],
    [{ chat_id: "@Some_Name", text: "@Some_Name" }, '{"chat_id":@some_name,"text":"@Some_Name",}'],
    [{ a: { toJSON: () => undefined }, b: { toJSON: () => null }, c: { toJSON: () => 5 } }, '{"c":5,}'],
    [
      { a: new String("x"), b: new Boolean(false), c: new Date(0) },
      '{"a":"x","b":false,"c":"1970-01-01T00:00:00.000Z",}',
    ],
    [{ a: known, b: url }, '{"a":f0,"b":f1,}'],
    [{ a: data, b: new Uint8Array(data) }, '{"a":v"Buffer"f0,"b":v"[object Uint8Array]"f1,}'],
  ])("%o is written as %s", (payload, text) => {
    expect(canonical(payload, fileOf).text).toBe(text);
  });

  it.each<[string, FileSource, string]>([
    ["of bytes", known.source, '["content","a.png","ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"]'],
    ["behind a URL", url.source, '["url","https://example.org/a.png"]'],
    ["that cannot be read", { kind: "path", path: "/nowhere/a.png" }, '["unreadable","/nowhere/a.png"]'],
    ["that is a folder", { kind: "path", path: "/" }, '["unreadable","/"]'],
  ])("a file %s has the same token", async (_, source, token) => {
    expect(await fileDigest(source)).toBe(token);
  });

  it.each<[object, string]>([
    [{ chat_id: 5, text: "hello" }, "xqZGwBv7XPxqBi8X4VEFDI"],
    [{ chat_id: 5, photo: known, more: data }, "dxVJyLq5Cn6OOadPsZJFcW"],
  ])("%o has the same fingerprint", (payload, content) => {
    const call: Call = { bot: "1", method: "sendMessage", payload: payload as Call["payload"], fileOf };
    expect((fingerprint(call) as Fingerprint).content).toBe(content);
  });
});

it("what only looks like a chat is left as it was written", () => {
  for (const other of ['x"@B', 'x"5"', 'x"5', "5x", "@B c", "@"]) {
    const json = JSON.stringify(other);
    expect(chatToken(json)).toBe(json);
  }
  for (const json of ["1.5", "1e+21", "null", "[5,]"]) expect(chatToken(json)).toBe(json);
});

it("text that UTF-8 cannot carry keeps apart what it keeps apart", () => {
  const hashes = ["\ud800", "\ud801", "\udc00", "\ufffd"].map((text) => hashOf(undefined, text));
  expect(new Set(hashes).size).toBe(4);
});

it("one file that must not be read leaves a call without a fingerprint, whatever the others are", async () => {
  const device = new SomeFile({ kind: "path", path: "/dev/null" });
  const payload = { chat_id: 5, media: [known, device] };
  expect(
    (await fingerprint({ bot: "1", method: "sendMediaGroup", payload, fileOf })).content,
  ).toBeUndefined();
});

describe("a place in a payload", () => {
  it.each<[(string | number)[], string]>([
    [[], "payload"],
    [["a", 0, "b c", "$d"], 'payload.a[0]["b c"].$d'],
    [["x".repeat(40)], `payload.${"x".repeat(40)}`],
    [["x".repeat(41)], `payload.${"x".repeat(40)}…`],
    [[..."abcdefgh"], "payload.a.b.c.d.e.f.g.h"],
    [[..."abcdefghi"], "payload.a.b.c.d.e.f.g.h…"],
  ])("%j is named %s", (names, path) => {
    expect(payloadPath(names)).toBe(path);
  });

  it("is named where a BigInt stands, also where that is the payload itself", () => {
    expect(() => canonical({ a: [1n] })).toThrow(ConfigurationError);
    expect(() => canonical({ a: [1n] })).toThrow(/^payload\.a\[0\] is a BigInt/);
    expect(() => canonical(1n)).toThrow(/^payload is a BigInt/);
  });
});

it("a blob is told by what can be done with it", () => {
  const whole = { size: 3, slice() {}, arrayBuffer() {} };
  expect([isBlob(new Blob(["abc"])), isBlob(whole)]).toEqual([true, true]);
  for (const part of ["size", "slice", "arrayBuffer"]) expect(isBlob({ ...whole, [part]: "5" })).toBe(false);
  expect(isBlob({})).toBe(false);
});
