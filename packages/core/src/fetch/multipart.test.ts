import { describe, expect, it } from "vitest";
import { boundaryOf, FilePart, multipartEntries } from "./multipart.js";

const body = (...parts: readonly string[]) =>
  Buffer.from(`${parts.map((part) => `--XX\r\n${part}\r\n`).join("")}--XX--\r\n`);

const field = (name: string, value: string) =>
  `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;

describe("a boundary", () => {
  it.each([
    ["multipart/form-data; boundary=XX", "XX"],
    ['multipart/form-data; charset=utf-8; boundary="X X"', "X X"],
    ["Multipart/Form-Data;boundary=XX; charset=utf-8", "XX"],
    ["application/json", undefined],
    ["multipart/form-data", undefined],
  ])("in %s is %s", (type, boundary) => {
    expect(boundaryOf(type)).toBe(boundary);
  });
});

describe("a multipart body", () => {
  it("is read into its fields, whatever they hold", () => {
    const values = ["7", "", "two\r\nlines", "--XY\r\n", "größe 🎲"];
    const bytes = body(...values.map((value, i) => field(`f${i}`, value)));
    expect(multipartEntries(bytes, "XX", true)).toEqual(values.map((value, i) => [`f${i}`, value]));
  });

  it.each([
    ["quoted", 'content-disposition: form-data; name="a"; filename="ä b.jpg"', "ä b.jpg"],
    [
      "bare, without spaces, as grammY writes it",
      'content-disposition:form-data;name="a";filename=ä b.jpg',
      "ä b.jpg",
    ],
    [
      "bare, with a semicolon in it",
      'content-disposition:form-data;name="a";filename=a;b=c.txt',
      "a;b=c.txt",
    ],
    ["before the name", 'Content-Disposition: form-data; filename="x"; name="a"', "x"],
    [
      "none, but bytes",
      'content-disposition: form-data; name="a"\r\nContent-Type: application/octet-stream',
      undefined,
    ],
  ])("has a file whose name is %s", (_, headers, filename) => {
    const bytes = Buffer.concat([
      Buffer.from(`--XX\r\n${headers}\r\n\r\n`),
      Buffer.from([0, 13, 10, 255]),
      Buffer.from("\r\n--XX--"),
    ]);
    expect(multipartEntries(bytes, "XX", true)).toEqual([
      ["a", new FilePart(Buffer.from([0, 13, 10, 255]), filename)],
    ]);
  });

  it("that is cut gives what stands whole before the cut, and is none when it should be complete", () => {
    const bytes = body(field("chat_id", "7"), field("text", "cut here")).subarray(0, -14);
    expect(multipartEntries(bytes, "XX", false)).toEqual([["chat_id", "7"]]);
    expect(multipartEntries(bytes, "XX", true)).toBeUndefined();
  });

  it("of another boundary is none", () => {
    expect(multipartEntries(body(field("a", "b")), "YY", true)).toBeUndefined();
  });
});
