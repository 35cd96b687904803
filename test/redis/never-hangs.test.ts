import { describe, expect, test } from "vitest";
import { type RedisProxy, startProxy } from "../kit/redis/proxy.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { flooded, type Sender, senderOn, until } from "./sender.js";

/** The promise: no send is held longer by a Redis that died after the first connection was made, ms. */
const boundMs = 1_500;

/** How Redis goes away, and how it comes back. */
const deaths: Readonly<Record<string, (server: RedisServer, proxy: RedisProxy) => Promise<() => unknown>>> = {
  "kill -9": async (server) => {
    await server.kill();
    return () => server.restart();
  },
  SIGSTOP: async (server) => {
    server.pause();
    return () => server.resume();
  },
  "a black hole": async (_, proxy) => {
    proxy.blackHole();
    return () => proxy.heal();
  },
};

const modes = ["local", "allow-all", "reject"] as const;
type Mode = (typeof modes)[number];

/** Sends of all kinds, one after the other, over the moment of death. */
async function throughOutage(sender: Sender, die: () => Promise<unknown>) {
  const chats = (chat_id: number) => sender.call("sendMessage", { chat_id, text: "hello" });
  await chats(1);
  // One request is open when it happens, and is flooded.
  let away: Promise<unknown> = Promise.resolve();
  await sender.call("sendMessage", { chat_id: 2, text: "flooded" }, async () => {
    away = die();
    await away;
    return flooded(30)();
  });
  for (let chat = 3; chat < 8; chat++) await chats(chat);
  await sender.call("editMessageText", { chat_id: 1, message_id: 1, text: "edited" });
  await sender.guard.handleUpdate({ bot: "1", updateId: 1 }, () => chats(9)).catch(() => {});
  return Math.max(...sender.took);
}

describe.each(Object.entries(deaths))("%s", (_, die) => {
  test("holds no send longer than the bound, in any mode, and is over in 5 s", async () => {
    const outages = await Promise.all(modes.map((mode) => outage(mode)));
    for (const { mode, longestMs, changes, backMs } of outages) {
      expect({ mode, changes }).toEqual({ mode, changes: [mode, "shared"] });
      expect(longestMs).toBeLessThan(boundMs);
      expect(backMs).toBeLessThan(5_000);
    }
    if (process.env.FIGURES) console.table(outages);
  });

  async function outage(mode: Mode) {
    const server = await startRedis({ persistence: true });
    const proxy = await startProxy(server);
    const sender = senderOn(proxy.url, 1, { whenStoreDown: mode, maxWaitMs: 5_000 });
    let mend: () => unknown = () => {};
    const longestMs = await throughOutage(sender, async () => {
      mend = await die(server, proxy);
    });
    await mend();
    const backMs = await until(
      () => sender.modes.at(-1),
      (now) => now === "shared",
    );
    return { mode, longestMs, changes: sender.modes, backMs };
  }
});

test("a Redis that is known to be away costs a send nothing", async () => {
  const server = await startRedis();
  const sender = senderOn(server.url, 1);
  await sender.send("before");
  server.pause();
  await until(
    async () => {
      await sender.send(`${Math.random()}`);
      return sender.modes.length;
    },
    (changes) => changes === 1,
  );
  const known = sender.took.length;
  for (let chat = 100; chat < 140; chat++) await sender.call("sendMessage", { chat_id: chat, text: "x" });
  const took = sender.took.slice(known).sort((a, b) => a - b);
  expect(took[20]).toBeLessThan(20);
  server.resume();
});
