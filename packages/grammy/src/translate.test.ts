import { HttpError, InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { fileOf, replyOf } from "./translate.js";

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

describe("a HttpError says whether anything was sent", () => {
  const told = async (inner: Error) => {
    const error = new HttpError("Network request for 'sendMessage' failed!", inner);
    return replyOf(() => Promise.reject(error));
  };
  const fetchError = (code: string, reason: string) =>
    Object.assign(new Error(`request to http://host/ failed, reason: ${reason}`), { code });

  test.each([
    ["node-fetch: one address", fetchError("ETIMEDOUT", "connect ETIMEDOUT 10.0.0.1:443"), "connect"],
    ["node-fetch: each of several addresses", fetchError("ETIMEDOUT", ""), "connect"],
    ["node-fetch: an open connection", fetchError("ETIMEDOUT", "read ETIMEDOUT"), undefined],
    [
      "the platform's fetch: each of several addresses",
      new TypeError("fetch failed", {
        cause: Object.assign(
          new AggregateError([
            Object.assign(new Error("a"), { code: "ETIMEDOUT", syscall: "connect" }),
            Object.assign(new Error("b"), { code: "EHOSTUNREACH", syscall: "connect" }),
          ]),
          { code: "ETIMEDOUT" },
        ),
      }),
      "connect",
    ],
  ])("%s", async (_, inner, syscall) => {
    const reply = (await told(inner)) as { code?: string; syscall?: string };
    expect(reply.code).toBe("ETIMEDOUT");
    expect(reply.syscall).toBe(syscall);
  });

  test.each([
    "File paths cannot contain carriage-return or newline characters!",
    "Cannot reuse InputFile data source!",
  ])("a file that grammY refuses while it writes the body: %s", async (message) => {
    expect(await told(new Error(message))).toMatchObject({ type: "failure", code: "ENOENT" });
  });
});
