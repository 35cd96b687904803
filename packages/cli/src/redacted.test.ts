import { describe, expect, it } from "vitest";
import { redacted } from "./redacted.js";

describe("what is printed", () => {
  it.each([
    ["redis://user:pass@host:6379/1", "redis://***@host:6379/1"],
    ["rediss://:p%40ss@host", "rediss://***@host"],
    ["bot 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw9", "bot 123456789:***"],
    ["a quiet line at 09:12:33", "a quiet line at 09:12:33"],
    ["write redis://user:password@host", "write redis://user:password@host"],
  ])("%s reads %s", (given, shown) => {
    expect(redacted(given)).toBe(shown);
  });
});
