import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Call, FileSource, Payload } from "../call.js";
import { contentLimitBytes } from "./file-digest.js";
import { type Fingerprint, fingerprint, hashOf } from "./index.js";

class TestFile {
  constructor(readonly source: FileSource) {}
  toJSON(): never {
    throw new Error("files must not be asked for JSON");
  }
}

const fileOf = (value: object) => (value instanceof TestFile ? value.source : undefined);
const call = (payload: Payload, method = "sendDocument"): Call => ({ bot: "1", method, payload, fileOf });
const contentOf = async (payload: Payload) => (await fingerprint(call(payload))).content;
const ofFile = (source: FileSource) => contentOf({ chat_id: 1, document: new TestFile(source) });
const bytes = (text: string, filename?: string): FileSource => ({
  kind: "bytes",
  data: Buffer.from(text),
  filename,
});

const folder = mkdtempSync(join(tmpdir(), "fingerprint-"));
afterAll(() => rmSync(folder, { recursive: true }));

function onDisk(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("a fingerprint", () => {
  it("is 22 characters of base64url, at once when nothing lies on disk", () => {
    const plain = fingerprint(call({ chat_id: 1, text: "Hi" }));
    expect((plain as Fingerprint).content).toMatch(/^[\w-]{22}$/);
    const attached = fingerprint(call({ document: new TestFile(bytes("x")) }));
    expect((attached as Fingerprint).content).toMatch(/^[\w-]{22}$/);
  });

  it("covers the method as given", () => {
    const of = (method: string) => (fingerprint(call({ a: 1 }, method)) as Fingerprint).content;
    expect(of("sendPhoto")).not.toBe(of("sendDocument"));
    expect(of("sendPhoto")).not.toBe(of("sendphoto"));
  });

  it("with a secret is another, per secret", () => {
    const of = (secret?: string) => (fingerprint(call({ a: 1 }), secret) as Fingerprint).content;
    expect(new Set([of(), of("a"), of("b")]).size).toBe(3);
    expect(of("a")).toBe(of("a"));
  });

  it("does not depend on the order of keys", async () => {
    expect(await contentOf({ a: 1, b: { c: 2, d: 3 } })).toBe(await contentOf({ b: { d: 3, c: 2 }, a: 1 }));
  });

  it("is of the payload at the time of the call", async () => {
    const path = onDisk("later.txt", "x");
    const payload = { caption: "before", document: new TestFile({ kind: "path", path }) };
    const pending = fingerprint(call(payload));
    payload.caption = "after";
    expect((await pending).content).toBe(await contentOf({ ...payload, caption: "before" }));
  });

  it("of a payload that JSON cannot carry is a configuration error", () => {
    expect(() => fingerprint(call({ chat_id: 5n }))).toThrow("payload.chat_id is a BigInt");
  });
});

describe("files", () => {
  it("bytes count by content and by the name they travel under", async () => {
    expect(await ofFile(bytes("x", "a.txt"))).toBe(await ofFile(bytes("x", "a.txt")));
    expect(await ofFile(bytes("x", "a.txt"))).not.toBe(await ofFile(bytes("y", "a.txt")));
    expect(await ofFile(bytes("x", "a.txt"))).not.toBe(await ofFile(bytes("x", "b.txt")));
    expect(await ofFile(bytes("x", "a.txt"))).not.toBe(await ofFile(bytes("x")));
  });

  it("what is uploaded counts, not where it lies", async () => {
    const one = onDisk("one.txt", "same");
    const two = onDisk("two.txt", "same");
    const named = (path: string): FileSource => ({ kind: "path", path, filename: "a.txt" });
    expect(await ofFile(named(one))).toBe(await ofFile(named(two)));
    expect(await ofFile(named(one))).toBe(await ofFile(bytes("same", "a.txt")));
    writeFileSync(two, "other");
    expect(await ofFile(named(one))).not.toBe(await ofFile(named(two)));
  });

  it("a URL counts by href and is not the string that spells it", async () => {
    const href = "https://example.org/a.png";
    expect(await ofFile({ kind: "url", href })).toBe(await ofFile({ kind: "url", href }));
    expect(await ofFile({ kind: "url", href })).not.toBe(await ofFile({ kind: "url", href: `${href}?2` }));
    expect(await ofFile({ kind: "url", href })).not.toBe(await contentOf({ chat_id: 1, document: href }));
  });

  it("no string spells a file, wherever it stands", async () => {
    const file = await ofFile(bytes("x"));
    for (const text of ["f0", "x", "#0", "attach://x", '"f0"', "content"]) {
      expect(await contentOf({ chat_id: 1, document: text })).not.toBe(file);
    }
  });

  it("count in their own places", async () => {
    const [a, b] = [new TestFile(bytes("a")), new TestFile(bytes("b"))];
    expect(await contentOf({ media: [a, b] })).not.toBe(await contentOf({ media: [b, a] }));
    expect(await contentOf({ media: [a], b })).not.toBe(await contentOf({ media: [b], b: a }));
  });

  it("a stream has no content and is not touched, whatever stands beside it", async () => {
    const stream = Readable.from(["once"]);
    const file = Object.assign(new TestFile({ kind: "stream" }), { stream });
    const missing = new TestFile({ kind: "path", path: join(folder, "missing") });
    expect(fingerprint(call({ media: [missing, file] }))).toEqual({ content: undefined });
    expect(stream.readableDidRead).toBe(false);
  });

  it("a pipe on disk is a stream: nobody waits for its writer", async () => {
    const path = join(folder, "pipe");
    execFileSync("mkfifo", [path]);
    expect(await ofFile({ kind: "path", path })).toBeUndefined();
  });

  it("a file that cannot be read has a fingerprint, so that sending fails in the framework's own way", async () => {
    const missing = await ofFile({ kind: "path", path: join(folder, "none") });
    expect(missing).toBeDefined();
    expect(await ofFile({ kind: "path", path: join(folder, "none") })).toBe(missing);
    expect(await ofFile({ kind: "path", path: join(folder, "none2") })).not.toBe(missing);
    expect(await ofFile({ kind: "path", path: folder })).toBeDefined();
    expect(await ofFile({ kind: "path", path: "nul\0byte" })).toBeDefined();
  });

  it("links are followed", async () => {
    const path = onDisk("target.txt", "linked");
    symlinkSync(path, join(folder, "link.txt"));
    const named = (at: string): FileSource => ({ kind: "path", path: at, filename: "n" });
    expect(await ofFile(named(join(folder, "link.txt")))).toBe(await ofFile(named(path)));
  });

  it("up to 16 MB every byte counts", async () => {
    const data = Buffer.alloc(contentLimitBytes);
    const path = onDisk("full.bin", "");
    writeFileSync(path, data);
    const before = await ofFile({ kind: "path", path });
    expect(before).toBe(await ofFile({ kind: "bytes", data }));
    data[5_000_001] = 1;
    expect(await ofFile({ kind: "bytes", data })).not.toBe(before);
  });

  it("above 16 MB name, size and samples count, on disk as in memory", async () => {
    const path = onDisk("large.bin", "");
    truncateSync(path, contentLimitBytes + 1);
    const data = Buffer.alloc(contentLimitBytes + 1);
    const before = await ofFile({ kind: "path", path });
    expect(before).toBe(await ofFile({ kind: "bytes", data, filename: "large.bin" }));
    expect(before).not.toBe(await ofFile({ kind: "bytes", data, filename: "other.bin" }));
    expect(before).not.toBe(await ofFile({ kind: "bytes", data: data.subarray(1), filename: "large.bin" }));
    data[data.length - 1] = 1;
    expect(await ofFile({ kind: "bytes", data, filename: "large.bin" })).not.toBe(before);
  });

  it("known limit: large files of one name and size that differ between the samples look alike", async () => {
    const data = Buffer.alloc(contentLimitBytes + 1);
    const before = await ofFile({ kind: "bytes", data });
    data[100_000] = 1;
    expect(await ofFile({ kind: "bytes", data })).toBe(before);
  });
});

describe("hashOf", () => {
  it("answers to how the parts are cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary" })),
        fc.array(fc.string({ unit: "binary" })),
        (a, b) => {
          const same = JSON.stringify(a) === JSON.stringify(b);
          expect(hashOf(undefined, ...a) === hashOf(undefined, ...b)).toBe(same);
        },
      ),
    );
    expect(hashOf(undefined, "ab", "c")).not.toBe(hashOf(undefined, "a", "bc"));
    expect(hashOf(undefined, "1:a")).not.toBe(hashOf(undefined, "a"));
    expect(hashOf(undefined, "a")).not.toBe(hashOf(undefined, "a", ""));
  });

  it("keeps lone surrogates apart", () => {
    expect(hashOf(undefined, "\ud800")).not.toBe(hashOf(undefined, "\ufffd"));
    expect(hashOf(undefined, "\ud800")).not.toBe(hashOf(undefined, '"\\ud800"'));
  });

  it("is the same in every version: keys of running bots depend on it", () => {
    expect(hashOf(undefined, "1", "sendMessage")).toBe("psyjWMOjGdbKpqVuy2r3nH");
    expect(hashOf("secret", "1", "sendMessage")).toBe("32RkWMpMZ_nd7xJHFxS6yo");
  });
});
