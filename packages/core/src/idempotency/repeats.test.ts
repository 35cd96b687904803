import { describe, expect, it } from "vitest";
import { Repeats } from "./repeats.js";

describe("repeats of one content in one scope", () => {
  it("take the numbers in turn, in flight or ok", () => {
    const repeats = new Repeats();
    expect([repeats.take("ping"), repeats.take("ping")]).toEqual([0, 1]);
    repeats.end("ping", 0, true);
    expect(repeats.take("ping")).toBe(2);
    expect(repeats.take("pong")).toBe(0);
  });

  it("take the lowest number whose call has failed", () => {
    const repeats = new Repeats();
    for (let i = 0; i < 3; i++) repeats.take("ping");
    repeats.end("ping", 0, true);
    repeats.end("ping", 2, false);
    repeats.end("ping", 1, false);
    expect([repeats.take("ping"), repeats.take("ping"), repeats.take("ping")]).toEqual([1, 2, 3]);
  });

  it("know how many are in flight", () => {
    const repeats = new Repeats();
    expect(repeats.flying("ping")).toBe(0);
    repeats.take("ping");
    repeats.take("ping");
    repeats.end("ping", 1, false);
    expect(repeats.flying("ping")).toBe(1);
    repeats.end("never", 0, true);
    expect(repeats.flying("never")).toBe(0);
  });
});
