import { redisStore } from "@sendonce/core/redis";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "../kit/redis/cluster.js";
import { countCommands } from "../kit/redis/commands.js";
import { untilCopied } from "../kit/redis/copied.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { senderOn, until } from "./sender.js";

const waitForReplicas = { replicas: 1, timeoutMs: 100 };

/** A master and its one replica. */
async function copied(): Promise<{ master: RedisServer; replica: RedisServer }> {
  const master = await startRedis();
  const replica = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
  await untilCopied(master);
  return { master, replica };
}

const records = (server: RedisServer) => server.client().keys("sendonce:{1}:1:r:*");

test("a message goes out when its claim is on the replica, for one command more", async () => {
  const { master, replica } = await copied();
  const sender = senderOn(master.url, 1, { connection: { waitForReplicas } });
  await sender.send("first");
  const executed = await countCommands(master.client());
  let there: string[] = [];
  const { status } = await sender.send("second", async () => {
    there = await records(replica);
    return { ok: true, result: { message_id: 1, date: 1, chat: { id: 7, type: "private" } } };
  });
  expect(status).toBe("sent");
  expect(there).toHaveLength(2);
  expect(await executed()).toMatchObject({ evalsha: 2, wait: 1 });
  expect((await sender.send("second")).status).toBe("replayed");
});

test("without the option a send costs two commands", async () => {
  const { master } = await copied();
  const sender = senderOn(master.url, 1);
  await sender.send("first");
  const executed = await countCommands(master.client());
  await sender.send("second");
  const ran = await executed();
  expect(ran).toMatchObject({ evalsha: 2 });
  expect(ran).not.toHaveProperty("wait");
});

test.each(["reject", "local"] as const)(
  "%s: with the replica frozen the claim is taken back, and all is well when it goes on",
  async (whenStoreDown) => {
    const { master, replica } = await copied();
    const sender = senderOn(master.url, 1, { whenStoreDown, connection: { waitForReplicas } });
    await sender.send("before");
    replica.pause();
    const { status } = await sender.send("meanwhile");
    expect(status).toBe(whenStoreDown === "reject" ? "store_unavailable" : "sent");
    expect(sender.took.at(-1)).toBeLessThan(600);
    expect(sender.modes).toEqual([whenStoreDown]);
    expect(sender.log.join("\n")).toMatch(/0 of 1 replicas acknowledged a claim within 100 ms/);
    expect(await records(master)).toHaveLength(1);
    // It answers everything but the claim: nobody takes that for its return.
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(sender.modes).toEqual([whenStoreDown]);
    expect(await sender.guard.health()).toMatchObject({
      status: whenStoreDown === "reject" ? "down" : "degraded",
      store: { reachable: true, error: expect.stringContaining("0 of 1 replicas") },
    });
    replica.resume();
    await until(
      () => sender.modes.at(-1),
      (mode) => mode === "shared",
    );
    expect((await sender.send("meanwhile")).status).toBe(whenStoreDown === "reject" ? "sent" : "replayed");
  },
);

test("a replica that is gone for good is the same", async () => {
  const { master, replica } = await copied();
  const sender = senderOn(master.url, 1, { whenStoreDown: "reject", connection: { waitForReplicas } });
  await sender.send("before");
  await replica.kill();
  expect((await sender.send("meanwhile")).status).toBe("store_unavailable");
  expect(await records(master)).toHaveLength(1);
});

test("on a Cluster the node is asked that has the bot's keys", async () => {
  const cluster = await startCluster(3, { replicas: 1 });
  const bot = await cluster.botOn(1);
  const sender = senderOn(cluster.client(), bot, {
    connection: { waitForReplicas: { replicas: 1, timeoutMs: 400 } },
    whenStoreDown: "reject",
  });
  for (let i = 0; i < 6; i++) expect((await sender.send(`${i}`)).status).toBe("sent");
  expect(sender.modes).toEqual([]);
  // The replicas follow the masters in their order.
  cluster.nodes[4]!.pause();
  expect((await sender.send("frozen")).status).toBe("store_unavailable");
  expect(sender.log.join("\n")).toMatch(/0 of 1 replicas/);
  cluster.nodes[4]!.resume();
});

test.each([
  [{ replicas: 0, timeoutMs: 100 }, /replicas \} must be|\{ replicas \} \}\) must be a whole number/],
  [{ replicas: 1, timeoutMs: 0 }, /timeoutMs .* must be a whole number of milliseconds/],
  [{ replicas: 1, timeoutMs: 500 }, /must be less than commandTimeoutMs \(500 ms\)/],
  [{ replicas: 1, timeoutMs: 100, retries: 1 }, /unknown option `retries`/],
])("%j is refused, and the remedy named", (waitForReplicas, remedy) => {
  expect(() => {
    const store = redisStore("redis://127.0.0.1:1", { waitForReplicas });
    onTestFinished(() => store.close());
  }).toThrow(remedy);
});
