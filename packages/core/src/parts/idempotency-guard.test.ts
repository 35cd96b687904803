import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../errors.js";
import { createGuard } from "../guard.js";
import { memoryStore } from "../store/memory.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { IdempotencyGuard, type IdempotencyGuardOptions } from "./idempotency-guard.js";

const minute = 60_000;

function world(options: Omit<IdempotencyGuardOptions, "clock"> = {}) {
  const clock = new VirtualClock();
  const store = memoryStore({ clock });
  const another = (more: IdempotencyGuardOptions = {}) =>
    new IdempotencyGuard({ store, clock, ...options, ...more });
  return { clock, store, idempotency: another(), another };
}

/** Starts for certain. */
async function started(
  idempotency: IdempotencyGuard,
  key: string,
  options?: Parameters<IdempotencyGuard["markOperationStart"]>[1],
) {
  const { owner, status } = await idempotency.markOperationStart(key, options);
  if (owner === undefined) throw new Error(`${key} is ${status}`);
  return owner;
}

describe("an operation", () => {
  it("is new until somebody starts it, and asking changes nothing", async () => {
    const { idempotency, store } = world();
    const unstarted = { duplicate: false, status: "new" };
    expect(await idempotency.isDuplicate("order")).toEqual(unstarted);
    expect(await idempotency.isDuplicate("order")).toEqual(unstarted);
    expect((await store.ping()).records).toBe(0);
  });

  it("is started by exactly one of 100 concurrent callers", async () => {
    const { another } = world();
    const starts = await Promise.all(
      Array.from({ length: 100 }, () => another().markOperationStart("order")),
    );
    expect(starts.filter((start) => start.started)).toHaveLength(1);
    expect(starts.filter((start) => start.status === "processing")).toHaveLength(100);
    expect(starts.filter((start) => start.owner !== undefined)).toHaveLength(1);
  });

  it("that is completed answers everybody with its result, in a fresh copy", async () => {
    const { idempotency, another } = world();
    const owner = await started(idempotency, "order");
    expect(await idempotency.isDuplicate("order")).toEqual({ duplicate: true, status: "processing" });
    expect(await idempotency.markOperationComplete("order", owner, { id: "tx", sums: [1] })).toBe(true);
    const again = await another().markOperationStart<{ id: string; sums: number[] }>("order");
    expect(again).toEqual({ started: false, status: "completed", result: { id: "tx", sums: [1] } });
    again.result?.sums.push(2);
    expect((await another().isDuplicate("order")).result).toEqual({ id: "tx", sums: [1] });
  });

  it.each([undefined, null, 0, "", false, [], "text"])("keeps %j as its result", async (result) => {
    const { idempotency } = world();
    await idempotency.markOperationComplete("order", await started(idempotency, "order"), result);
    expect((await idempotency.isDuplicate("order")).result).toEqual(result);
  });

  it("is done even if its result can not be kept", async () => {
    const { idempotency } = world();
    const circle: { me?: unknown } = {};
    circle.me = circle;
    expect(
      await idempotency.markOperationComplete("order", await started(idempotency, "order"), circle),
    ).toBe(true);
    expect(await idempotency.isDuplicate("order")).toEqual({ duplicate: true, status: "completed" });
  });

  it("that failed is free for the next one", async () => {
    const { idempotency, another } = world();
    const owner = await started(idempotency, "order");
    expect(await idempotency.markOperationFailed("order", owner)).toBe(true);
    expect(await idempotency.isDuplicate("order")).toEqual({ duplicate: false, status: "new" });
    const second = await started(another(), "order");
    expect(await another().markOperationComplete("order", second, "second")).toBe(true);
  });

  it("of unknown outcome is not started again unless somebody says so", async () => {
    const { idempotency } = world();
    const owner = await started(idempotency, "order");
    expect(await idempotency.markOperationFailed("order", owner, { unknown: true })).toBe(true);
    expect(await idempotency.isDuplicate("order")).toEqual({ duplicate: true, status: "unknown" });
    expect(await idempotency.markOperationStart("order")).toEqual({ started: false, status: "unknown" });
    const retry = await started(idempotency, "order", { retryUnknown: true });
    expect(await idempotency.markOperationComplete("order", owner, "late")).toBe(false);
    expect(await idempotency.markOperationComplete("order", retry, "retry")).toBe(true);
    expect((await idempotency.isDuplicate("order")).result).toBe("retry");
  });

  it("is ended by its owner alone, and once", async () => {
    const { idempotency } = world();
    const owner = await started(idempotency, "order");
    expect(await idempotency.markOperationComplete("order", "somebody", 1)).toBe(false);
    expect(await idempotency.markOperationFailed("order", "somebody")).toBe(false);
    expect(await idempotency.markOperationComplete("other", owner, 1)).toBe(false);
    expect(await idempotency.markOperationComplete("order", owner, 1)).toBe(true);
    expect(await idempotency.markOperationComplete("order", owner, 2)).toBe(false);
    expect(await idempotency.markOperationFailed("order", owner)).toBe(false);
    expect((await idempotency.isDuplicate("order")).result).toBe(1);
  });

  it("that failed frees nothing that somebody else has started since", async () => {
    const { idempotency } = world();
    const first = await started(idempotency, "order");
    await idempotency.markOperationFailed("order", first);
    await started(idempotency, "order");
    expect(await idempotency.markOperationFailed("order", first)).toBe(false);
    expect((await idempotency.markOperationStart("order")).started).toBe(false);
  });
});

describe("time", () => {
  it("an operation that takes long stays processing while its process lives", async () => {
    const { clock, idempotency } = world();
    const owner = await started(idempotency, "order");
    await clock.advance(29 * minute);
    expect((await idempotency.isDuplicate("order")).status).toBe("processing");
    expect(await idempotency.markOperationComplete("order", owner, "at last")).toBe(true);
  });

  it("an operation whose process died is unknown after 30 s, never free", async () => {
    const { clock, idempotency, another } = world();
    await started(idempotency, "order");
    idempotency.close();
    await clock.advance(29_999);
    expect((await another().isDuplicate("order")).status).toBe("processing");
    await clock.advance(1);
    expect((await another().isDuplicate("order")).status).toBe("unknown");
    expect((await another().markOperationStart("order")).started).toBe(false);
  });

  it("a late completion by the owner counts, as long as nobody has started again", async () => {
    const { clock, idempotency, another } = world();
    const owner = await started(idempotency, "order");
    idempotency.close();
    await clock.advance(minute);
    expect(await another().markOperationComplete("order", owner, "late")).toBe(true);
    expect((await another().isDuplicate("order")).status).toBe("completed");
  });

  it("with leaseMs it is unknown after that, unless it is renewed", async () => {
    const { clock, idempotency, another } = world();
    const owner = await started(idempotency, "order", { leaseMs: 5 * minute });
    await clock.advance(4 * minute);
    expect(await another().renew("order", owner, { leaseMs: 5 * minute })).toBe(true);
    await clock.advance(5 * minute - 1);
    expect((await idempotency.isDuplicate("order")).status).toBe("processing");
    await clock.advance(1);
    expect((await idempotency.isDuplicate("order")).status).toBe("unknown");
    expect(await idempotency.renew("order", owner)).toBe(false);
    expect(await idempotency.renew("order", "somebody")).toBe(false);
  });

  it("an operation that nobody ends is forgotten ttlMs after its start", async () => {
    const { clock, idempotency } = world();
    await started(idempotency, "order", { ttlMs: 2 * minute });
    await clock.advance(2 * minute - 1);
    expect((await idempotency.isDuplicate("order")).status).toBe("processing");
    await clock.advance(1);
    expect((await idempotency.markOperationStart("order")).started).toBe(true);
  });

  it("a lease is never longer than the time to keep", async () => {
    const { clock, idempotency } = world();
    await started(idempotency, "order", { ttlMs: 100 });
    await clock.advance(100);
    expect((await idempotency.isDuplicate("order")).status).toBe("new");
  });

  it("the time to keep runs from the last write, and is the one that the start asked for, whoever completes", async () => {
    const { clock, idempotency, another } = world({ ttlMs: minute });
    const owner = await started(idempotency, "order", { ttlMs: 10 * minute });
    await clock.advance(5 * minute);
    await another().markOperationComplete("order", owner, "done");
    await clock.advance(10 * minute - 1);
    expect((await another().isDuplicate("order")).status).toBe("completed");
    await clock.advance(1);
    expect((await another().isDuplicate("order")).status).toBe("new");
  });

  it("nothing renews when nothing is open", async () => {
    const { clock, idempotency, another } = world();
    const one = await started(idempotency, "one");
    const two = await started(idempotency, "two");
    expect(clock.pending).toBe(1);
    await idempotency.markOperationComplete("one", one);
    expect(clock.pending).toBe(1);
    await another().markOperationFailed("two", two);
    await clock.advance(10_000);
    expect(clock.pending).toBe(0);
  });

  it("a renewal that the store does not answer is made again", async () => {
    const { clock, store, another } = world();
    let away = true;
    const renew = store.renew.bind(store);
    store.renew = (request) => (away ? Promise.reject(new Error("away")) : renew(request));
    const owner = await started(another(), "order");
    await clock.advance(10_000);
    away = false;
    await clock.advance(minute);
    expect((await another().isDuplicate("order")).status).toBe("processing");
    expect(await another().markOperationComplete("order", owner)).toBe(true);
  });

  it("an ending that the store does not take leaves the operation alive, to be ended again", async () => {
    const { clock, store, another } = world();
    const settle = store.settle.bind(store);
    const idempotency = another();
    const owner = await started(idempotency, "order");
    store.settle = () => Promise.reject(new Error("away"));
    await expect(idempotency.markOperationComplete("order", owner)).rejects.toThrow("away");
    store.settle = settle;
    await clock.advance(minute);
    expect((await idempotency.isDuplicate("order")).status).toBe("processing");
    expect(await idempotency.markOperationComplete("order", owner)).toBe(true);
  });

  it("cleanupExpired drops what is over, and nothing else", async () => {
    const { clock, idempotency, store } = world({ ttlMs: minute });
    for (const key of ["a", "b"])
      await idempotency.markOperationComplete(key, await started(idempotency, key));
    await clock.advance(minute);
    await started(idempotency, "c");
    const before = (await store.ping()).records!;
    expect(await idempotency.cleanupExpired()).toBe(before - 1);
    expect((await idempotency.isDuplicate("c")).status).toBe("processing");
  });
});

describe("a generated key", () => {
  const keyOf = (parts: unknown, secret?: string | string[]) =>
    new IdempotencyGuard(secret === undefined ? {} : { secret }).generateKey(parts);

  it("is the same in every process and whatever the order of the fields", () => {
    expect(keyOf(["pay", { a: 1, b: [2] }])).toBe("op_22B3Rm9gN8hQdvZZLKkubX");
    expect(keyOf(["pay", { b: [2], a: 1 }])).toBe(keyOf(["pay", { a: 1, b: [2] }]));
    expect(keyOf({ a: undefined })).toBe(keyOf({}));
    expect(keyOf(new Date(0))).toBe(keyOf("1970-01-01T00:00:00.000Z"));
    expect(keyOf(Object.assign(Object.create(null), { a: 1 }))).toBe(keyOf({ a: 1 }));
  });

  it("differs for different parts", () => {
    // biome-ignore format: one per line would hide what is compared
    const different = [
      1, "1", -1, true, "true", null, "null", "", [], {}, [null], [undefined], [[]], [[], []], 1n, "1n", "n1", ["ab", "c"], ["a", "bc"],
      ["abc"], "abc", { a: null }, { a: "1" }, { a: 1 }, { a: { b: 1 } }, { "a:b": 1 }, { a: 1, b: 2 }, { a: 2, b: 1 }, [{ a: 1 }, { b: 2 }],
      new Uint8Array([1, 2]), new Uint8Array([2, 1]), [1, 2], "é", "e\u0301", "\ud800", "\ud801", { __proto__: null, chat_id: 1 }, { chat_id: "1" },
    ];
    expect(new Set(different.map((parts) => keyOf(parts))).size).toBe(different.length);
  });

  it("can not be made of what has no one spelling, and says where without saying what", () => {
    const circle: Record<string, unknown> = { secret: "hush" };
    circle.me = circle;
    const deep = Array.from({ length: 600 }).reduce<unknown>((inner) => [inner], 1);
    for (const parts of [
      undefined,
      Number.NaN,
      [() => 1],
      { a: new Map() },
      [new (class Order {})()],
      circle,
      deep,
    ]) {
      expect(() => keyOf(parts)).toThrow(ConfigurationError);
    }
    expect(() => keyOf({ rows: [{ at: new Set(["hush"]) }] })).toThrow(/parts\.rows\[0\]\.at is/);
    expect(() => keyOf(circle)).not.toThrow(/hush/);
  });

  it("is an HMAC under a secret", () => {
    expect(keyOf("order", "one")).not.toBe(keyOf("order"));
    expect(keyOf("order", "one")).not.toBe(keyOf("order", "two"));
    expect(keyOf("order", "one")).toBe(keyOf("order", "one"));
  });

  it.each(["generated", "given"])("finds its operation after the secret was rotated (%s)", async (kind) => {
    const { another } = world();
    const nameFor = (one: IdempotencyGuard) => (kind === "given" ? "order" : one.generateKey(["order"]));
    const before = another({ secret: "old" });
    const owner = await started(before, nameFor(before));
    const after = another({ secret: ["new", "old"] });
    expect((await after.markOperationStart(nameFor(after))).status).toBe("processing");
    expect(await after.renew(nameFor(after), owner)).toBe(true);
    expect(await after.markOperationComplete(nameFor(after), owner, 7)).toBe(true);
    expect(await after.isDuplicate(nameFor(after))).toEqual({
      duplicate: true,
      status: "completed",
      result: 7,
    });
  });

  it("is not found in the store, and neither is a given one", async () => {
    const ids: string[] = [];
    const { store, another } = world();
    const admit = store.admit.bind(store);
    store.admit = (request) => {
      ids.push(request.claim!.id);
      return admit(request);
    };
    await started(another(), "anna@example.com");
    await started(another({ secret: "s" }), "anna@example.com");
    expect(ids.join()).not.toContain("anna");
    expect(new Set(ids).size).toBe(2);
  });
});

describe("guard.idempotency", () => {
  it("works on the guard's store, namespace, time to keep and secret", async () => {
    const clock = new VirtualClock();
    const store = memoryStore({ clock });
    const guard = createGuard({
      store,
      clock,
      namespace: "shop",
      idempotency: { ttlMs: 1_000, secret: "s" },
    });
    const alone = new IdempotencyGuard({ store, clock, namespace: "shop", secret: "s" });
    const owner = await started(guard.idempotency, "order");
    expect((await alone.isDuplicate("order")).status).toBe("processing");
    await guard.idempotency.markOperationComplete("order", owner);
    await clock.advance(1_000);
    expect((await alone.isDuplicate("order")).status).toBe("new");
    expect(guard.idempotency).toBe(guard.idempotency);
  });

  it("stands in `default` without a namespace, apart from other namespaces", async () => {
    const clock = new VirtualClock();
    const store = memoryStore({ clock });
    await started(createGuard({ store, clock }).idempotency, "order");
    expect((await new IdempotencyGuard({ store, clock }).isDuplicate("order")).duplicate).toBe(true);
    const elsewhere = new IdempotencyGuard({ store, clock, namespace: "4242" });
    expect((await elsewhere.isDuplicate("order")).duplicate).toBe(false);
  });

  it("works with deduplication of messages off", async () => {
    const { idempotency } = createGuard({ idempotency: false });
    await started(idempotency, "order");
    expect((await idempotency.markOperationStart("order")).started).toBe(false);
  });
});

describe("what is wrong is named", () => {
  const idempotency = new IdempotencyGuard();
  it.each<[string, () => Promise<unknown>]>([
    ["key", () => idempotency.markOperationStart("")],
    ["key", () => idempotency.isDuplicate(7 as never)],
    ["owner", () => idempotency.markOperationComplete("order", undefined as never)],
    ["owner", () => idempotency.renew("order", "")],
    ["ttlMs", () => idempotency.markOperationStart("order", { ttlMs: 0 })],
    ["leaseMs", () => idempotency.markOperationStart("order", { leaseMs: 0.5 })],
    ["ttl", () => idempotency.markOperationStart("order", { ttl: 5 } as never)],
    ["unknwon", () => idempotency.markOperationFailed("order", "me", { unknwon: true } as never)],
  ])("%s", async (name, call) => {
    const failure = call();
    await expect(failure).rejects.toThrow(ConfigurationError);
    await expect(failure).rejects.toThrow(name);
  });

  it("options", () => {
    expect(() => new IdempotencyGuard({ ttl: 5 } as never)).toThrow(/IdempotencyGuard: unknown option `ttl`/);
    expect(() => new IdempotencyGuard({ ttlMs: -1 })).toThrow(/`ttlMs`/);
    expect(() => new IdempotencyGuard({ namespace: "{x}" })).toThrow(/`namespace`/);
    expect(() => new IdempotencyGuard({ store: {} as never })).toThrow(/`store`/);
  });
});
