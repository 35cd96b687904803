import { expect, test } from "vitest";
import { filesIn } from "./files-in.js";

const fileOf = (value: object) => ("file" in value ? ({ kind: "stream" } as const) : undefined);
const found = (payload: Record<string, unknown>) =>
  filesIn(payload, fileOf).map((file) => Reflect.get(file, "file"));

test("files are found in fields, albums and their items, in order", () => {
  const media = [{ media: { file: 2 } }, { media: { file: 3 }, thumbnail: { file: 4 } }];
  expect(found({ document: { file: 1 }, media, chat_id: 7, caption: null })).toEqual([1, 2, 3, 4]);
});

test("the payload itself is no file, and nothing is looked for in bytes, in files or deeper than an item", () => {
  const bytes = Object.assign(new Uint8Array(4), { thumbnail: { file: 1 } });
  expect(found({ file: 1, bytes, outer: { file: 2, inner: { file: 3 } }, a: [[[{ file: 4 }]]] })).toEqual([
    2,
  ]);
});
