import { afterEach, describe, expect, it, vi } from "vitest";
import { optionsFromEnv } from "./env.js";
import { ConfigurationError } from "./errors.js";
import { createGuard } from "./guard.js";
import { tokenBucket } from "./limiter/rules.js";

afterEach(() => vi.unstubAllEnvs());

describe("the environment", () => {
  it("that says nothing changes nothing", () => {
    expect(optionsFromEnv({})).toEqual({});
    expect(optionsFromEnv({ PATH: "/bin", RATE_LIMIT: "7", IDEMPOTENCY_TTLS: "x" })).toEqual({});
  });

  it("is read whole", () => {
    const options = optionsFromEnv({
      REDIS_URL: "rediss://user:p%40ss@host:6380/2",
      IDEMPOTENCY_TTL: "600",
      RATE_LIMIT_CHAT_CAPACITY: "5",
      RATE_LIMIT_CHAT_REFILL_RATE: "0.5",
      RATE_LIMIT_GLOBAL_CAPACITY: "25",
      RATE_LIMIT_GLOBAL_REFILL_RATE: "20",
      RATE_LIMIT_USER_CAPACITY: "2",
      RATE_LIMIT_USER_REFILL_RATE: "0.1",
      RATE_LIMIT_MAX_WAIT: "2.5",
    });
    expect(options).toEqual({
      redisUrl: "rediss://user:p%40ss@host:6380/2",
      idempotency: { ttlMs: 600_000 },
      limits: {
        chat: tokenBucket({ capacity: 5, refillPerSecond: 0.5 }),
        global: tokenBucket({ capacity: 25, refillPerSecond: 20 }),
        user: tokenBucket({ capacity: 2, refillPerSecond: 0.1 }),
      },
      maxWaitMs: 2_500,
    });
  });

  it("gives options that a guard takes", async () => {
    const { redisUrl, ...options } = optionsFromEnv({
      REDIS_URL: "redis://host",
      RATE_LIMIT_CHAT_CAPACITY: "3",
    });
    expect(redisUrl).toBe("redis://host");
    const { limiter } = createGuard(options);
    expect((await limiter.getBucketStats(7, "CHAT")).capacity).toBe(3);
    expect((await limiter.getBucketStats(-7, "CHAT")).capacity).toBe(20);
    expect((await limiter.getBucketStats("global", "GLOBAL")).capacity).toBe(30);
  });

  it.each([
    ["CHAT", { capacity: 20, refillPerSecond: 20 / 60 }],
    ["GLOBAL", { capacity: 30, refillPerSecond: 30 }],
    ["USER", { capacity: 1, refillPerSecond: 1 / 60 }],
  ])("of one number of %s takes the other from the defaults", (type, original) => {
    const rule = type.toLowerCase() as "chat" | "global" | "user";
    const byCapacity = optionsFromEnv({ [`RATE_LIMIT_${type}_CAPACITY`]: "7" }).limits;
    expect(byCapacity).toEqual({ [rule]: tokenBucket({ ...original, capacity: 7 }) });
    const byRate = optionsFromEnv({ [`RATE_LIMIT_${type}_REFILL_RATE`]: "7" }).limits;
    expect(byRate).toEqual({ [rule]: tokenBucket({ ...original, refillPerSecond: 7 }) });
  });

  it("holds nothing in a variable that is empty or blank", () => {
    const blank = {
      REDIS_URL: "",
      IDEMPOTENCY_TTL: " ",
      RATE_LIMIT_CHAT_CAPACITY: "",
      RATE_LIMIT_MAX_WAIT: "\n",
    };
    expect(optionsFromEnv(blank)).toEqual({});
  });

  it("may have blanks around a value", () => {
    expect(optionsFromEnv({ IDEMPOTENCY_TTL: " 60\n" })).toEqual({ idempotency: { ttlMs: 60_000 } });
  });

  it("may forbid waiting", () => {
    expect(optionsFromEnv({ RATE_LIMIT_MAX_WAIT: "0" })).toEqual({ maxWaitMs: 0 });
  });

  it("is the process's own unless told otherwise", () => {
    vi.stubEnv("IDEMPOTENCY_TTL", "61");
    expect(optionsFromEnv().idempotency).toEqual({ ttlMs: 61_000 });
  });

  it.each([
    ["IDEMPOTENCY_TTL", "0", /seconds/],
    ["IDEMPOTENCY_TTL", "30m", /seconds.*got "30m"/],
    ["IDEMPOTENCY_TTL", "1800000000", /a year/],
    ["RATE_LIMIT_MAX_WAIT", "-1", /seconds, 0 or more/],
    ["RATE_LIMIT_MAX_WAIT", "Infinity", /seconds/],
    ["RATE_LIMIT_CHAT_CAPACITY", "1.5", /whole number of messages/],
    ["RATE_LIMIT_CHAT_CAPACITY", "0x10", /whole number of messages/],
    ["RATE_LIMIT_GLOBAL_CAPACITY", "1000001", /from 1 to 1,000,000/],
    ["RATE_LIMIT_GLOBAL_REFILL_RATE", "0", /messages per second, above 0/],
    ["RATE_LIMIT_USER_REFILL_RATE", "1e3", /messages per second/],
    ["RATE_LIMIT_USER_REFILL_RATE", "1/60", /messages per second/],
  ])("%s=%s is refused by name, with what it must hold", (name, value, words) => {
    const read = () => optionsFromEnv({ [name]: value });
    expect(read).toThrow(ConfigurationError);
    expect(read).toThrow(words);
    expect(read).toThrow(new RegExp(`^${name} must be`));
  });

  it.each(["localhost:6379", "http://:hush@host", "redis://:hush@host:port", "hush"])(
    "an unusable REDIS_URL is refused without being shown (%s)",
    (url) => {
      const read = () => optionsFromEnv({ REDIS_URL: url });
      expect(read).toThrow(ConfigurationError);
      expect(read).toThrow(/^REDIS_URL must be a URL such as redis:\/\//);
      expect(read).not.toThrow(/hush/);
    },
  );
});
