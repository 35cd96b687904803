import { InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { fileOf } from "./translate.js";

describe("grammY's files are told by what they hold, without reading it", () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const blob = new Blob([bytes]);

  test.each([
    ["bytes", new InputFile(bytes, "a.jpg"), { kind: "bytes", data: bytes, filename: "a.jpg" }],
    ["a path", new InputFile("/a.jpg"), { kind: "path", path: "/a.jpg", filename: "a.jpg" }],
    ["a file URL", new InputFile(new URL("file:///a.jpg")), { kind: "path", path: "/a.jpg" }],
    ["a URL", new InputFile(new URL("https://a.example/b")), { kind: "url", href: "https://a.example/b" }],
    ["a URL's likeness", new InputFile({ url: "https://a.example/b" }), { kind: "url" }],
    ["a Blob", new InputFile(blob as never, "a.jpg"), { kind: "blob", blob, filename: "a.jpg" }],
    ["a supplier", new InputFile(() => bytes), { kind: "stream" }],
    ["an iterator", new InputFile([bytes].values()), { kind: "stream" }],
  ])("%s", (_, file, source) => expect(fileOf(file)).toMatchObject(source));

  test("anything else is data", () => {
    expect(fileOf({ fileData: "a.jpg" })).toBeUndefined();
    expect(fileOf(blob)).toBeUndefined();
  });
});
