import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { eventually, telegram, textsOf } from "../kit/telegram.js";

/** A Redis that answers reads and refuses writes looks alive to anybody who only reads. */
test.for([
  ["out of memory", ["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"]],
  ["a master made a replica", ["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"]],
] as const)(
  "%s: noticed at the first write, told once, and over when writes are taken again",
  async ([, fall, mend]) => {
    const server = await startRedis();
    const emulator = await telegram({ limits: false });
    const guard = createGuard({ store: redisStore(server.url) });
    onTestFinished(() => guard.store.close());
    const modes: string[] = [];
    guard.on("mode", ({ mode }) => modes.push(mode));
    const api = install(new Api("4242:secret", { apiRoot: emulator.url }), guard);
    await api.sendMessage(1, "before");

    const admin = server.client();
    const [name, ...args] = fall;
    await admin.call(name, ...args);
    await api.sendMessage(2, "meanwhile");
    await api.sendMessage(2, "meanwhile");
    await api.sendMessage(1, "before");
    expect(modes).toEqual(["local"]);

    const [mendName, ...mendArgs] = mend;
    await admin.call(mendName, ...mendArgs);
    await eventually(() => modes.length === 2, "the store is used again", 5_000);
    expect(modes).toEqual(["local", "shared"]);
    await api.sendMessage(2, "meanwhile");
    await api.sendMessage(3, "after");
    expect([1, 2, 3].map((chat) => textsOf(emulator, chat))).toEqual([["before"], ["meanwhile"], ["after"]]);

    const other = createGuard({ store: redisStore(server.url) });
    onTestFinished(() => other.store.close());
    const elsewhere = install(new Api("4242:secret", { apiRoot: emulator.url }), other);
    await eventuallyReplays();
    expect(textsOf(emulator, 2)).toEqual(["meanwhile"]);

    /** The outcome of what was sent meanwhile is written back, so another process replays it. */
    async function eventuallyReplays(): Promise<void> {
      const key = async () => (await admin.keys("sendonce:{4242}:1:r:c*")).length;
      const until = performance.now() + 5_000;
      while ((await key()) < 3 && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 20));
      await elsewhere.sendMessage(2, "meanwhile");
    }
  },
);
