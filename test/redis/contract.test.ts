import type { Store } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { storeContract } from "@sendonce/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sharedCluster } from "../kit/redis/cluster.js";
import { keys } from "../kit/redis/commands.js";
import { sharedRedis } from "../kit/redis/server.js";

/** Runs the whole contract on one store of the given making. */
function contractOn(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let store: Store;
    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());
    storeContract(test, () => store);
  });
}

contractOn("Redis, by URL", async () => redisStore((await sharedRedis()).url));

contractOn("Redis, by the user's client with a keyPrefix", async () => {
  const { server } = await sharedRedis();
  return redisStore(server.connect({ keyPrefix: "mine:" }));
});

contractOn("a Cluster of three nodes", async () => redisStore((await sharedCluster()).connect()));

test("a keyPrefix stands before every key", async () => {
  const { server, client } = await sharedRedis();
  const store = redisStore(server.connect({ keyPrefix: "only-here:" }));
  const ask = { owner: "a", attempt: 0, rules: [], maxWaitUs: 0, leaseUs: 1e7, graceUs: 1e7, ttlUs: 1e7 };
  await store.admit({ bot: "prefixed", claim: { id: "r", mode: "send" }, ...ask });
  const found = await keys(client(), "*{prefixed}*");
  expect(found).toEqual(["only-here:sendonce:{prefixed}:1:r:r"]);
  await store.close();
});
