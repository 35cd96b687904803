import { describe, expect, test } from "vitest";
import { canaries, canariesIn, withoutCanaries } from "../kit/canaries/canaries.js";
import { OutputWatch, readAlong } from "../kit/canaries/output-watch.js";

const [name = "", canary = ""] = Object.entries(canaries)[0]!;

describe("what the run prints is read along", () => {
  test("a canary is found in the middle of a line and in a URL, and is not repeated", () => {
    const watch = new OutputWatch();
    watch.read(`redis://${encodeURIComponent(canary)}@127.0.0.1\nfine\n`);
    expect([...watch.found]).toEqual([`${name}: redis://[canary]@127.0.0.1`]);
    expect(canariesIn([...watch.found].join())).toEqual([]);
  });

  test("one that comes in pieces is found", () => {
    const watch = new OutputWatch();
    for (const letter of `before ${canary} after`) watch.read(Buffer.from(letter));
    expect(watch.found.size).toBeGreaterThan(0);
  });

  test("ordinary output is none", () => {
    const watch = new OutputWatch();
    watch.read("4242 sent, 3 duplicates prevented\nredis://127.0.0.1\n");
    expect(watch.found).toEqual(new Set());
    expect(withoutCanaries("4242")).toBe("4242");
  });

  test("a stream that is read along gets everything unchanged, and is its own again afterwards", () => {
    const written: unknown[] = [];
    const stream = { write: (chunk: unknown) => written.push(chunk) > 0 } as unknown as NodeJS.WriteStream;
    const { write } = stream;
    const watch = new OutputWatch();
    const stop = readAlong(stream, watch);
    expect(stream.write(`a ${canary}\n`)).toBe(true);
    stop();
    expect(stream.write).toBe(write);
    expect(written).toEqual([`a ${canary}\n`]);
    expect(watch.found.size).toBe(1);
  });
});
