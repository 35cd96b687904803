import { describe, expect, it } from "vitest";
import { LazyStore, publicName, storeAt } from "./lazy.js";
import { memoryStore } from "./memory.js";

const whose = { bot: "1", owner: "a", attempt: 0, record: "r", rules: [] };

describe("a store that is loaded at its first use", () => {
  it("is loaded once, and never for a close alone", async () => {
    let loaded = 0;
    const store = new LazyStore("lazy", async () => {
      loaded++;
      return memoryStore();
    });
    await store.close();
    expect(loaded).toBe(0);
    await Promise.all([store.ping(), store.ping()]);
    await store.close();
    expect(loaded).toBe(1);
  });

  it("hands every verb on", async () => {
    const store = new LazyStore("lazy", async () => memoryStore());
    const times = { maxWaitUs: 0, leaseUs: 30e6, graceUs: 10e6, ttlUs: 60e6 };
    const gate = { name: "g", key: "g", params: { kind: "gate" }, cost: 1, mode: "wait" } as const;
    expect(await store.admit({ ...whose, ...times, claim: { id: "r", mode: "send" } })).toMatchObject({
      status: "go",
    });
    expect(await store.renew({ ...whose, leaseUs: 30e6 })).toBe(true);
    expect(await store.settle({ ...whose, as: "done", ttlUs: 60e6 })).toBe(true);
    expect(await store.inspect("1", "r")).toMatchObject({ state: "done" });
    const flood = { ...whose, record: undefined, rules: [gate], frozen: 0, retryAfterUs: 5e6, graceUs: 1e6 };
    expect(await store.freeze(flood)).toMatchObject({ status: "frozen" });
    expect(await store.stats({ bot: "1", rules: [gate] })).toMatchObject([{ name: "g" }]);
    expect(await store.reset("1", { records: ["r"] })).toBe(1);
    expect(await store.sweep()).toBe(0);
  });

  it("tells its name without loading anything", () => {
    const never = () => Promise.reject(new Error("loaded"));
    expect(storeAt("redis://user:hunter2@example.com:6380/3", never).name).toBe("redis://example.com:6380/3");
  });
});

describe("the public name of a URL", () => {
  it.each([
    ["redis://localhost:6379", "redis://localhost:6379"],
    ["redis://localhost:6379/", "redis://localhost:6379"],
    ["rediss://user:hunter2@h:1/2", "rediss://h:1/2"],
    ["redis://:hunter2@h", "redis://h"],
    ["redis://h?password=hunter2&username=u", "redis://h"],
    ["redis://h/0#hunter2", "redis://h/0"],
  ])("of %s is %s", (url, name) => {
    expect(publicName(url)).toBe(name);
  });
});
