import { describe, expect, it } from "vitest";
import { after, isLater, promised, type Soon, whenEnded, whenFailed } from "./soon.js";

const error = new Error("no");
const later = <T>(value: T): Soon<T> => Promise.resolve(value);
const fails = (): Soon<string> => {
  throw error;
};
const failsLater = (): Soon<string> => Promise.reject(error);

it("a value is there, whatever it is; only a promise is later", () => {
  for (const value of [undefined, null, 0, "", {}, () => {}]) expect(isLater(value)).toBe(false);
  expect(isLater(Promise.resolve())).toBe(true);
});

it("what is known at once goes on at once, what is not, later", async () => {
  expect(after(2, (value) => value + 1)).toBe(3);
  expect(await after(later(2), (value) => value + 1)).toBe(3);
});

it("a promise is made of an answer, a promise or an error", async () => {
  const made = [() => "a", () => later("a")].map((work) => promised<string>(work));
  for (const one of made) expect(one).toBeInstanceOf(Promise);
  expect(await Promise.all(made)).toEqual(["a", "a"]);
  for (const work of [fails, failsLater]) await expect(promised(work)).rejects.toBe(error);
});

describe("who asked to be told", () => {
  it("the end hears the answer once, or that there was none, and neither is kept back", async () => {
    const heard: unknown[] = [];
    const ended = (...told: unknown[]) => void heard.push(told);
    expect(whenEnded(() => "a", ended)).toBe("a");
    expect(await whenEnded(() => later("b"), ended)).toBe("b");
    expect(() => whenEnded(fails, ended)).toThrow(error);
    await expect(whenEnded(failsLater, ended)).rejects.toBe(error);
    expect(heard).toEqual([["a"], ["b"], [], []]);
  });

  it("a failure hears of failures alone, once each, and they go on", async () => {
    let heard = 0;
    const failed = () => void heard++;
    expect(whenFailed(() => "a", failed)).toBe("a");
    expect(await whenFailed(() => later("b"), failed)).toBe("b");
    expect(heard).toBe(0);
    expect(() => whenFailed(fails, failed)).toThrow(error);
    await expect(whenFailed(failsLater, failed)).rejects.toBe(error);
    expect(heard).toBe(2);
  });
});
