import { memoryStore, type SlotRequest, type Slots, type Store } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedCluster } from "../kit/redis/cluster.js";
import { countCommands } from "../kit/redis/commands.js";
import { sharedRedis, startRedis } from "../kit/redis/server.js";

const second = 1_000_000;
let bots = 0;

/** A cap of two on a bot of its own, at a time that is moved by hand. */
function capOfTwo(slots: Slots) {
  const bot = `slots-${process.pid}-${bots++}`;
  let now = Date.now() * 1000;
  const slot = (owner: string, more: Partial<SlotRequest> = {}): SlotRequest => ({
    bot,
    cap: "uploads",
    limit: 2,
    owner,
    leaseUs: 30 * second,
    nowUs: now,
    ...more,
  });
  return {
    pass: (us: number) => {
      now += us;
    },
    take: (owner: string, more?: Partial<SlotRequest>) => slots.take(slot(owner, more)),
    keep: (owner: string) => slots.keep(slot(owner)),
    free: (owner: string) => slots.free(slot(owner)),
  };
}

describe.each<[string, () => Promise<Store>]>([
  ["memory", async () => memoryStore()],
  ["Redis", async () => redisStore((await sharedRedis()).url)],
])("slots in %s", (_, open) => {
  let store: Store;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());
  const cap = () => capOfTwo(store.slots!);

  test("as many as the limit says, and no more", async () => {
    const { take } = cap();
    expect([await take("a"), await take("b"), await take("c")]).toEqual([true, true, false]);
  });

  test("a slot that is given back is another's", async () => {
    const { take, free } = cap();
    await Promise.all([take("a"), take("b")]);
    await free("a");
    expect(await take("c")).toBe(true);
    expect(await take("d")).toBe(false);
  });

  test("giving back what one does not hold frees nobody's slot", async () => {
    const { take, free } = cap();
    await Promise.all([take("a"), take("b")]);
    await free("c");
    await free("c");
    expect(await take("c")).toBe(false);
  });

  test("a holder that is not heard of loses its slot when the lease is over, and not before", async () => {
    const { take, pass } = cap();
    await Promise.all([take("a"), take("b")]);
    pass(30 * second - 1_000);
    expect(await take("c")).toBe(false);
    pass(2_000);
    expect([await take("c"), await take("d"), await take("e")]).toEqual([true, true, false]);
  });

  test("a slot that is kept stays", async () => {
    const { take, keep, pass } = cap();
    await Promise.all([take("a"), take("b")]);
    for (let i = 0; i < 6; i++) {
      pass(20 * second);
      expect([await keep("a"), await keep("b")]).toEqual([true, true]);
    }
    expect(await take("c")).toBe(false);
  });

  test("a slot whose lease is over cannot be kept", async () => {
    const { take, keep, pass } = cap();
    await take("a");
    pass(31 * second);
    expect(await keep("a")).toBe(false);
  });

  test("bots and caps do not share slots", async () => {
    const { take } = cap();
    await Promise.all([take("a"), take("b")]);
    expect(await take("c", { cap: "others" })).toBe(true);
    expect(await take("c", { bot: "another" })).toBe(true);
  });
});

describe("slots in Redis alone", () => {
  test("stand under one key with the bot's hash tag, which goes with the last holder", async () => {
    const redis = await sharedRedis();
    const store = redisStore(redis.url);
    const slot = { bot: `${redis.botId}`, cap: "uploads", limit: 2, owner: "a", leaseUs: 30 * second };
    await store.slots.take(slot);
    expect(await redis.client().keys(`*${redis.botId}*`)).toEqual([`${redis.prefix}1:s:uploads`]);
    expect(await redis.client().pttl(`${redis.prefix}1:s:uploads`)).toBeGreaterThan(29_000);
    await store.slots.free(slot);
    expect(await redis.client().keys(`*${redis.botId}*`)).toEqual([]);
    await store.close();
  });

  test("go by the server's time: a machine whose clock is a day ahead takes nobody's slot", async () => {
    const store = redisStore((await sharedRedis()).url);
    const slot = { bot: `clock-${process.pid}`, cap: "uploads", limit: 1, leaseUs: 30 * second };
    await store.slots.take({ ...slot, owner: "a" });
    const { now } = Date;
    Date.now = () => now() + 86_400_000;
    try {
      expect(await store.slots.take({ ...slot, owner: "b" })).toBe(false);
      expect(await store.slots.keep({ ...slot, owner: "a" })).toBe(true);
    } finally {
      Date.now = now;
      await store.close();
    }
  });

  test("cost one command to take and one to give back", async () => {
    const server = await startRedis();
    const store = redisStore(server.url);
    const slot = { bot: "1", cap: "uploads", limit: 1, owner: "a", leaseUs: 30 * second };
    await store.slots.take(slot);
    await store.slots.free(slot);
    const stop = await countCommands(server.client());
    await store.slots.take(slot);
    await store.slots.free(slot);
    const { evalsha, zrem, eval: evals } = await stop();
    expect({ evalsha, zrem, evals }).toEqual({ evalsha: 1, zrem: 1, evals: undefined });
    await store.close();
  });

  test("a user who may touch sendonce:* alone is enough", async () => {
    const server = await startRedis({ acl: ["user bot on >pw ~sendonce:* +@all"] });
    const store = redisStore(server.urlFor("bot", "pw"));
    const slot = { bot: "1", cap: "uploads", limit: 1, owner: "a", leaseUs: 30 * second };
    expect(await store.slots.take(slot)).toBe(true);
    await store.close();
  });

  test("are refused on a Cluster, in words", async () => {
    const store = redisStore((await sharedCluster()).connect());
    const slot = { bot: "1", cap: "uploads", limit: 1, owner: "a", leaseUs: 30 * second };
    await expect(store.slots.take(slot)).rejects.toMatchObject({
      code: "configuration",
      message: expect.stringMatching(/`caps` does not work on a Redis Cluster; .*leave `caps` out/),
    });
    await store.close();
  });
});
