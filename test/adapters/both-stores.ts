import type { Store } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { type AdapterBinding, type AdapterContractOptions, adapterContract } from "@sendonce/core/testing";
import { createEmulator } from "@sendonce/emulator";
import { afterAll, beforeAll, describe, test } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";

/** The law table for one adapter, in memory and on Redis. */
export function lawsOnBothStores(adapter: AdapterBinding, exempt = 0): void {
  const under = { adapter, exempt, telegram: createTelegram };
  describe(`${adapter.name} keeps the laws of adapters, in memory`, () => {
    adapterContract(test, under);
  });
  describe(`${adapter.name} keeps the laws of adapters, on Redis`, () => {
    let shared: Store;
    beforeAll(async () => {
      shared = redisStore((await sharedRedis()).url);
    });
    afterAll(() => shared.close());
    adapterContract(test, { ...under, store: () => shared });
  });
}

const createTelegram: AdapterContractOptions["telegram"] = (clock) => createEmulator({ clock });
