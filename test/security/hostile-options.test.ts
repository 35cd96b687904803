import {
  ConfigurationError,
  createGuard,
  DeliveryService,
  delivery,
  IdempotencyGuard,
  optionsFromEnv,
  TokenBucketRateLimiter,
  withDelivery,
} from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { expectNoPollution, nastyTexts, runs, texts, values } from "./kit/hostile.js";

afterEach(expectNoPollution);

/** What it throws; undefined where it took its options. */
function refusalOf(make: () => unknown): unknown {
  try {
    make();
  } catch (error) {
    return error;
  }
  return undefined;
}

const makers: readonly [string, (options: never) => unknown][] = [
  ["createGuard", createGuard],
  ["createGuard({ idempotency })", (idempotency) => createGuard({ idempotency })],
  ["createGuard({ limits })", (limits) => createGuard({ limits })],
  ["createGuard({ caps })", (caps) => createGuard({ caps })],
  ["createGuard({ flood })", (flood) => createGuard({ flood })],
  ["delivery", delivery],
  ["withDelivery", (options) => withDelivery(options, () => 0)],
  ["IdempotencyGuard", (options) => new IdempotencyGuard(options)],
  ["TokenBucketRateLimiter", (options) => new TokenBucketRateLimiter(options)],
  ["DeliveryService", (options) => new DeliveryService({}, options)],
];

/** A name that is an option somewhere, or none. */
const names = fc.oneof(
  texts,
  fc.constantFrom(
    ...["namespace", "idempotency", "limits", "caps", "flood", "maxWaitMs", "key", "ttlMs", "secret"],
  ),
  fc.constantFrom(
    ...["codec", "chat", "global", "adaptive", "retries", "priority", "cost", "store", "logger"],
  ),
);

describe("options of anything", () => {
  test.each(makers)("%s takes, or refuses with a ConfigurationError", (_, make) => {
    fc.assert(
      fc.property(fc.oneof(values, fc.dictionary(names, values, { maxKeys: 3 })), (options) => {
        const refusal = refusalOf(() => make(options as never));
        if (refusal !== undefined) expect(refusal).toBeInstanceOf(ConfigurationError);
      }),
      runs(150),
    );
  });

  test("a namespace or a cap can have no name that leaves its place in a key", () => {
    for (const name of nastyTexts) {
      const ordinary = /^[\w.:-]+$/.test(name) && name.length <= 64;
      expect(refusalOf(() => createGuard({ namespace: name })) === undefined, name).toBe(ordinary);
      const caps = Object.defineProperty({}, name, {
        value: { limit: 1, methods: ["sendVideo"] },
        enumerable: true,
      });
      const refusal = refusalOf(() => createGuard({ caps }));
      expect(refusal === undefined, name).toBe(/^[\w-]{1,32}$/.test(name));
    }
  });

  test("a wrong address of Redis is refused without being quoted", () => {
    for (const url of [
      "redis//user:hunter2@host",
      "http://:hunter2@host",
      "hunter2",
      "redis://:hunter2@ho st:x",
    ]) {
      expect(String(refusalOf(() => redisStore(url)))).toMatch(/^ConfigurationError: (?!.*hunter2)/);
      expect(String(refusalOf(() => optionsFromEnv({ REDIS_URL: url })))).toMatch(
        /^ConfigurationError: (?!.*hunter2)/,
      );
    }
  });
});

describe("a polluted prototype", () => {
  const root = Object.prototype as unknown as Record<string, unknown>;

  function polluted<T>(name: string, value: unknown, work: () => T): T {
    root[name] = value;
    try {
      return work();
    } finally {
      delete root[name];
    }
  }

  test.each<[string, unknown, () => unknown]>([
    ["namespace", "evil", () => createGuard()],
    ["whenStoreDown", "allow-all", () => createGuard({})],
    ["onAmbiguous", "retry", () => createGuard({ idempotency: {} })],
    ["global", false, () => createGuard({ limits: {} })],
    ["adaptive", false, () => createGuard({ flood: {} })],
    ["key", "evil", () => delivery({ priority: "high" })],
    ["ttlMs", 1, () => new IdempotencyGuard()],
    ["commandTimeoutMs", 1, () => redisStore("redis://127.0.0.1:1")],
  ])("gives nobody the option %s: it is named, and refused", (name, value, make) => {
    const refusal = polluted(name, value, () => refusalOf(make));
    expect(String(refusal)).toContain(`Object.prototype has a property \`${name}\``);
    expect(refusal).toBeInstanceOf(ConfigurationError);
  });

  test("does not refuse an option that was given", () => {
    expect(polluted("namespace", "evil", () => createGuard({ namespace: "mine" }).namespace)).toBe("mine");
  });

  test("gives a payload no options: they are its own, or none", async () => {
    const carrier = Object.getOwnPropertySymbols(delivery({ key: "a" }))[0]!;
    const guard = createGuard();
    const payload = Object.create(
      { [carrier]: { key: "evil" } },
      { chat_id: { value: 7, enumerable: true } },
    );
    const call = { bot: "1", method: "sendMessage", payload };
    const answer = { message_id: 1, date: 1, chat: { id: 7, type: "private" } };
    const { scope } = await guard.run(call, async () => ({
      type: "response",
      body: { ok: true, result: answer },
    }));
    expect(scope).toBe("content");
  });

  test("cannot be made by an environment or by options that were parsed from JSON", () => {
    const parsed = JSON.parse('{"__proto__":{"REDIS_URL":"redis://evil","namespace":"evil"}}');
    expect(optionsFromEnv(parsed)).toEqual({});
    expect(() => createGuard(parsed)).toThrow("unknown option `__proto__`");
  });
});
