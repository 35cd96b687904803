import { describe, expect, it } from "vitest";
import { systemClock } from "./clock.js";
import { defaults } from "./defaults.js";
import { ConfigurationError } from "./errors.js";
import { tokenBucket, window } from "./limiter/rules.js";
import { type GuardOptions, resolveOptions } from "./options.js";
import { memoryStore } from "./store/memory.js";

/** A value that looks like a secret: no message may repeat it. */
const secret = "123456:AAHsecretsecret";

const wrong: [string, unknown][] = [
  ["whenever", { whenever: 1 }],
  ["Sendonce options", "official"],
  ["Sendonce options", null],
  ["store", { store: secret }],
  ["store", { store: {} }],
  ["namespace", { namespace: "" }],
  ["namespace", { namespace: "with space" }],
  ["namespace", { namespace: "x".repeat(65) }],
  ["namespace", { namespace: 5 }],
  ["idempotency", { idempotency: true }],
  ["idempotency", { idempotency: { ttl: 5 } }],
  ["idempotency.ttlMs", { idempotency: { ttlMs: 0 } }],
  ["idempotency.ttlMs", { idempotency: { ttlMs: "5" } }],
  ["idempotency.updateTtlMs", { idempotency: { updateTtlMs: -1 } }],
  ["idempotency.match", { idempotency: { match: "text" } }],
  ["idempotency.methods", { idempotency: { methods: ["sendMessage"] } }],
  ["idempotency.onBusy", { idempotency: { onBusy: "throw" } }],
  ["idempotency.onMismatch", { idempotency: { onMismatch: secret } }],
  ["idempotency.onAmbiguous", { idempotency: { onAmbiguous: "send" } }],
  ["idempotency.result", { idempotency: { result: true } }],
  ["idempotency.secret", { idempotency: { secret: "" } }],
  ["idempotency.secret", { idempotency: { secret: [] } }],
  ["idempotency.secret", { idempotency: { secret: [secret, ""] } }],
  ["limits", { limits: "none" }],
  ["limits", { limits: true }],
  ["limits", { limits: { chats: false } }],
  ["limits.chat", { limits: { chat: { kind: "leaky" } } }],
  ["limits.chat", { limits: { chat: secret } }],
  ["capacity", { limits: { chat: { kind: "tokenBucket", capacity: 0, refillPerSecond: 1 } } }],
  ["perMs", { limits: { group: { kind: "window", limit: 1, perMs: -1 } } }],
  ["replies", { replies: "wait for all" }],
  ["flood", { flood: true }],
  ["flood", { flood: { retry: 3 } }],
  ["flood.retries", { flood: { retries: -1 } }],
  ["flood.adaptive", { flood: { adaptive: "yes" } }],
  ["maxWaitMs", { maxWaitMs: -1 }],
  ["maxWaitMs", { maxWaitMs: "5s" }],
  ["logger", { logger: {} }],
  ["logger", { logger: { debug() {}, info() {}, warn() {} } }],
];

describe("a wrong option", () => {
  it.each(wrong)("%s is named with its remedy: %j", (name, options) => {
    const resolve = () => resolveOptions(options as GuardOptions);
    expect(resolve).toThrow(ConfigurationError);
    expect(resolve).toThrow(name);
    expect(resolve).toThrow(/must|takes|the options are/);
    expect(resolve).not.toThrow(secret);
  });
});

describe("options", () => {
  it("need not be given", () => {
    const settings = resolveOptions();
    expect(settings).toMatchObject({
      store: undefined,
      namespace: undefined,
      ttlMs: defaults.idempotency.ttlMs,
      updateTtlMs: defaults.idempotency.updateTtlMs,
      match: "content",
      repliesPay: true,
      floodRetries: 3,
      freezes: true,
      maxWaitMs: { outside: 120_000, inside: 8_000 },
      clock: systemClock,
      secrets: [undefined],
    });
    expect(settings.deduplicates("sendMessage")).toBe(true);
    expect(Object.isFrozen(settings) && Object.isFrozen(settings.rules)).toBe(true);
  });

  it("are taken as given", () => {
    const store = memoryStore();
    const methods = (method: string) => method === "sendMessage";
    const settings = resolveOptions({
      store,
      namespace: "shop.eu:1",
      idempotency: { ttlMs: 1, methods, secret: ["new", "old"], result: "none" },
      replies: "wait",
      flood: { retries: 0 },
      maxWaitMs: 0,
      logger: console,
    });
    expect(settings).toMatchObject({ store, namespace: "shop.eu:1", ttlMs: 1, repliesPay: false });
    expect(settings).toMatchObject({ floodRetries: 0, maxWaitMs: { outside: 0, inside: 0 } });
    expect(settings.secrets).toEqual(["new", "old"]);
    expect(settings.deduplicates("sendPhoto")).toBe(false);
  });

  it("false switches a part off", () => {
    const settings = resolveOptions({ idempotency: false, limits: false, flood: false });
    expect(settings.deduplicates("sendMessage")).toBe(false);
    expect(settings.rules).toEqual({});
    expect([settings.freezes, settings.floodRetries]).toEqual([false, 0]);
  });

  it("of limits override the conservative preset rule by rule", () => {
    const { rules } = resolveOptions({
      limits: {
        chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }),
        group: false,
        user: window({ limit: 1, perMs: 60_000 }),
      },
    });
    expect(rules.chat).toEqual({ kind: "bucket", capacity: 1, intervalUs: 1_000_000 });
    expect(rules.group).toBeUndefined();
    expect(rules.user?.kind).toBe("window");
    expect(rules.global).toEqual({ kind: "bucket", capacity: 30, intervalUs: 33_334 });
  });

  it("name two presets, and users are unlimited in both", () => {
    const [conservative, official] = [resolveOptions().rules, resolveOptions({ limits: "official" }).rules];
    expect(conservative.chat).toEqual({ kind: "bucket", capacity: 20, intervalUs: 3_000_000 });
    expect(official.chat).toEqual({ kind: "bucket", capacity: 20, intervalUs: 1_000_000 });
    expect([conservative.user, official.user]).toEqual([undefined, undefined]);
    expect(official.group).toEqual({ kind: "window", limit: 20, periodUs: 60_000_000, marginUs: 250_000 });
  });
});
