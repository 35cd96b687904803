import { expect, test } from "vitest";
import { Events, type GuardEvents } from "../observe/events.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { memoryStore } from "./memory.js";
import type { Store, StoreHealth } from "./port.js";
import { timed } from "./timed.js";

function bench(ping: () => Promise<StoreHealth>) {
  const clock = new VirtualClock();
  const events = new Events();
  const own: Store = Object.assign(memoryStore({ clock }), { ping });
  const trips: GuardEvents["storeTrip"][] = [];
  return {
    clock,
    own,
    store: timed(own, events, clock),
    trips,
    listen: () => events.on("storeTrip", (trip) => trips.push(trip)),
  };
}

test("a round trip is measured while somebody listens", async () => {
  const { clock, store, trips, listen } = bench(async () => {
    await clock.sleep(7);
    return { nowUs: 1 };
  });
  await clock.run(store.ping());
  expect(trips).toEqual([]);
  const stop = listen();
  expect(await clock.run(store.ping())).toEqual({ nowUs: 1 });
  await store.stats({ bot: "1", rules: [] });
  stop();
  await clock.run(store.ping());
  expect(trips).toEqual([
    { verb: "ping", ms: 7, ok: true },
    { verb: "stats", ms: 0, ok: true },
  ]);
});

test("a failure is one too, and reaches who asked as it is", async () => {
  const broken = new Error("gone");
  const { store, trips, listen } = bench(() => Promise.reject(broken));
  listen();
  await expect(store.ping()).rejects.toBe(broken);
  expect(trips).toEqual([{ verb: "ping", ms: 0, ok: false }]);
});

test("all else is the store's own", () => {
  const { own, store } = bench(async () => ({ nowUs: 1 }));
  expect([store.name, store.embedded, store.slots]).toEqual([own.name, own.embedded, own.slots]);
});
