import { describe, expect, it } from "vitest";
import { ConfigurationError, StoreUnavailable } from "./errors.js";
import { createGuard, type Guard } from "./guard.js";
import type { GuardOptions } from "./options.js";
import { memoryStore } from "./store/memory.js";
import type { Store, StoreHealth } from "./store/port.js";
import { VirtualClock } from "./testing/virtual-clock.js";

/** A store that could go away, as the guard sees it: it counts how often it is looked at and closed. */
function sharedStore(clock: VirtualClock, changes: Partial<Store> = {}) {
  const inner = memoryStore({ clock });
  const verbs = ["admit", "renew", "settle", "freeze", "inspect", "stats", "reset", "sweep"] as const;
  const same = Object.fromEntries(verbs.map((verb) => [verb, (inner[verb] as () => unknown).bind(inner)]));
  const seen = { pings: 0, closed: 0 };
  const health: StoreHealth = { nowUs: 0 };
  const store = {
    ...{ name: "shared", ...same },
    async ping() {
      seen.pings++;
      return health;
    },
    async close() {
      seen.closed++;
    },
    ...changes,
  } as Store;
  return { store, seen };
}

/** A guard in virtual time, with what it logs and tells. */
function guarded(options: GuardOptions, clock: VirtualClock, opened?: Store) {
  const logged: [string, object, string][] = [];
  const logger = Object.fromEntries(
    ["debug", "info", "warn", "error"].map((level) => [
      level,
      (facts: object, text: string) => void logged.push([level, facts, text]),
    ]),
  ) as unknown as NonNullable<GuardOptions["logger"]>;
  const guard = createGuard({ clock, logger, ...options }, opened);
  return { guard, logged };
}

const say = (guard: Guard, text: string) =>
  guard.run({ bot: "1", method: "sendMessage", payload: { chat_id: 5, text } }, async () => ({
    type: "response",
    body: { ok: true, result: { message_id: 1 } },
  }));

describe("a store", () => {
  it("is closed with the guard that it was opened for, and left open otherwise", async () => {
    const clock = new VirtualClock();
    const [own, others] = [sharedStore(clock), sharedStore(clock)];
    const guards = [guarded({}, clock, own.store), guarded({ store: others.store }, clock)];
    for (const { guard } of guards) await clock.run(guard.close());
    expect([own.seen.closed, others.seen.closed]).toEqual([1, 0]);
  });

  it("is the one in use, or this process's own", () => {
    const clock = new VirtualClock();
    const store = memoryStore({ clock });
    expect(guarded({ store }, clock).guard.store).toBe(store);
    expect(guarded({}, clock).guard.store).toMatchObject({ name: "memory", embedded: true });
  });

  it("that is shared is named in the log, with what shall happen without it; an embedded one is not", () => {
    const clock = new VirtualClock();
    const { logged } = guarded({ store: sharedStore(clock).store, whenStoreDown: "reject" }, clock);
    const facts = { event: "store", store: "shared", whenStoreDown: "reject" };
    expect(logged).toEqual([["info", facts, "sendonce: records and limits are shared"]]);
    expect(guarded({ store: memoryStore() }, clock).logged).toEqual([]);
    expect(() => createGuard({ clock, store: sharedStore(clock).store })).not.toThrow();
  });

  it("is looked at once, beside the first message, and not before", async () => {
    const clock = new VirtualClock();
    const { store, seen } = sharedStore(clock);
    const { guard, logged } = guarded({ store }, clock);
    expect(seen.pings).toBe(0);
    for (const text of ["a", "b"]) await clock.run(say(guard, text));
    expect(seen.pings).toBe(1);
    expect(logged.filter(([level]) => level === "warn")).toEqual([]);
  });

  it.each([
    ["noeviction", 0],
    ["allkeys-lru", 1],
  ])("that makes room by %s is warned of %i times", async (evictionPolicy, warnings) => {
    const clock = new VirtualClock();
    const { store } = sharedStore(clock, { ping: async () => ({ nowUs: 0, evictionPolicy }) });
    const { guard, logged } = guarded({ store }, clock);
    await clock.run(say(guard, "a"));
    const warned = logged.filter(([level, , text]) => level === "warn" && /noeviction/.test(text));
    expect(warned).toHaveLength(warnings);
  });

  it("that cannot be looked at is told of, and the message goes out", async () => {
    const clock = new VirtualClock();
    const { store } = sharedStore(clock, { ping: () => Promise.reject(new StoreUnavailable("no answer")) });
    const { guard } = guarded({ store }, clock);
    const errors: unknown[] = [];
    guard.on("storeError", (event) => errors.push(event));
    expect((await clock.run(say(guard, "a"))).status).toBe("sent");
    expect(errors).toEqual([{ verb: "ping", message: "no answer" }]);
  });

  it("that goes away is told of at once, and the mode when it changes", async () => {
    const clock = new VirtualClock();
    const { store } = sharedStore(clock, { admit: () => Promise.reject(new StoreUnavailable("gone")) });
    const { guard } = guarded({ store }, clock);
    const [modes, errors]: [unknown[], unknown[]] = [[], []];
    guard.on("mode", (event) => modes.push(event));
    guard.on("storeError", (event) => errors.push(event));
    for (const text of ["a", "b", "c", "d"]) expect((await clock.run(say(guard, text))).status).toBe("sent");
    expect(modes).toEqual([{ mode: "local", store: "shared", reason: expect.any(String) }]);
    expect(errors[0]).toEqual({ verb: "admit", message: "gone" });
  });
});

describe("a guard shows who runs on it", () => {
  it("its clock, its rules, its patience and what it remembers", () => {
    const clock = new VirtualClock();
    const methods = (method: string) => method !== "sendDice";
    const { guard } = guarded({ idempotency: { methods }, maxWaitMs: 5, limits: false }, clock);
    expect(guard.clock).toBe(clock);
    expect(guard.rules).toEqual({});
    expect(guard.maxWaitMs).toEqual({ outside: 5, inside: 5 });
    expect([guard.remembers("sendMessage"), guard.remembers("sendDice")]).toEqual([true, false]);
  });

  it("its events, which others may raise too", () => {
    const { guard } = guarded({}, new VirtualClock());
    const heard: unknown[] = [];
    const stop = guard.on("dropped", (event) => heard.push(event));
    guard.announce("dropped", { count: 3 });
    stop();
    guard.announce("dropped", { count: 4 });
    expect(heard).toEqual([{ count: 3 }]);
  });

  it("its log, also of warnings; once each", () => {
    const { guard, logged } = guarded({}, new VirtualClock());
    guard.warnings.once("full");
    guard.warnings.once("full");
    guard.announce("dropped", { count: 3 });
    expect(logged.map(([level]) => level)).toEqual(["warn", "warn"]);
  });

  it("one bot under a namespace, and any number without one", () => {
    const clock = new VirtualClock();
    const { guard } = guarded({ namespace: "shop" }, clock);
    guard.expectBot("1");
    guard.expectBot("1");
    expect(() => guard.expectBot("2")).toThrow(ConfigurationError);
    expect(() => guard.expectBot("2")).toThrow(/two bots \(1 and 2\)/);
    const free = guarded({}, clock).guard;
    for (const id of ["1", "2"]) free.expectBot(id);
    expect([guard.namespace, free.namespace]).toEqual(["shop", undefined]);
  });
});

it("a guard that is closed with a wrong number says which option it was", async () => {
  const { guard } = guarded({}, new VirtualClock());
  await expect(guard.close({ timeoutMs: -1 })).rejects.toThrow(/^close\(\{ timeoutMs \}\)/);
  await expect(guard.close({ timeout: 1 } as object)).rejects.toThrow(/^close\(\): unknown option `timeout`/);
});
