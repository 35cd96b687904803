import { existsSync, openAsBlob } from "node:fs";
import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { contentLimitBytes, fileDigest } from "./file-digest.js";

const blob = (data: Uint8Array<ArrayBuffer>, filename?: string) =>
  fileDigest({ kind: "blob", blob: new Blob([data]), filename });
const bytes = (data: Uint8Array<ArrayBuffer>, filename?: string) =>
  fileDigest({ kind: "bytes", data, filename });

describe("a blob", () => {
  it.each([
    ["empty", 0],
    ["of a few bytes", 10],
    ["of several pieces", 3 * 1024 * 1024 + 1],
    ["at the limit", contentLimitBytes],
    ["above the limit", contentLimitBytes + 1],
  ])("%s is the same file as its bytes", async (_, size) => {
    const data = new Uint8Array(size).fill(7);
    expect(await blob(data, "a.jpg")).toBe(bytes(data, "a.jpg"));
  });

  it("with another name, or another byte, is another file", async () => {
    const data = new Uint8Array([1, 2, 3]);
    const digests = await Promise.all([blob(data), blob(data, "a"), blob(new Uint8Array([1, 2, 4]))]);
    expect(new Set(digests).size).toBe(3);
  });

  it("can be read again", async () => {
    const source = { kind: "blob", blob: new Blob(["abc"]) } as const;
    expect(await fileDigest(source)).toBe(await fileDigest(source));
    expect(await source.blob.text()).toBe("abc");
  });

  it("on disk is the same file too; one that has vanished gets a token of its own", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sendonce-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "a");
    await writeFile(path, "abc");
    const onDisk = await openAsBlob(path);
    const there = await fileDigest({ kind: "blob", blob: onDisk });
    expect(there).toBe(bytes(new Uint8Array(Buffer.from("abc"))));
    await rm(path);
    const gone = await fileDigest({ kind: "blob", blob: onDisk });
    expect(gone).toMatch(/unreadable/);
  });
});

describe("a large file on disk", () => {
  it.runIf(existsSync("/proc/self/fd"))("is closed when it has been read", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sendonce-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "film");
    await writeFile(path, new Uint8Array(contentLimitBytes + 1));
    expect(await fileDigest({ kind: "path", path, filename: undefined })).toMatch(/large/);
    const open = await Promise.all(
      (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
    );
    expect(open).not.toContain(path);
  });
});
