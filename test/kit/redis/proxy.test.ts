import { setTimeout as pause } from "node:timers/promises";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../redis/sender.js";
import { startProxy } from "./proxy.js";
import { sharedRedis } from "./server.js";

/** Never asks twice. */
const hasty = { commandTimeout: 200, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false };

/** A client behind a bad network, one behind a good network, and a key of the test's own. */
async function behindProxy() {
  const { server, client: direct, prefix } = await sharedRedis();
  const proxy = await startProxy(server);
  const client: Redis = server.connect({ ...hasty, port: proxy.port, retryStrategy: () => 20 });
  onTestFinished(() => client.disconnect());
  await client.ping();
  return { proxy, client, direct: direct(), key: `${prefix}n` };
}

test.each([true, false])(
  "a reply that is cut in its middle is none; the command was carried out (mute: %s)",
  async (mute) => {
    const { proxy, client, direct, key } = await behindProxy();
    await direct.set(key, "a value of some length");
    proxy.cutReplies({ on: "getset", times: 1, mute });
    await expect(client.getset(key, "new")).rejects.toThrow(mute ? "timed out" : /closed|max retries/);
    expect(await direct.get(key)).toBe("new");
    proxy.heal();
    await until(
      () => client.get(key).catch(() => undefined),
      (value) => value === "new",
    );
  },
);

test("requests that are lost never run, answers to earlier ones arrive", async () => {
  const { proxy, client, direct, key } = await behindProxy();
  proxy.delay(50);
  const earlier = client.incr(key);
  await pause(10);
  proxy.loseRequests();
  await expect(client.incr(key)).rejects.toThrow("timed out");
  expect(await earlier).toBe(1);
  expect(await direct.get(key)).toBe("1");
});

test("what was sent over a half-open connection runs late, when its client has given it up", async () => {
  const { proxy, client, direct, key } = await behindProxy();
  proxy.halfOpen({ on: "incr", times: 1, lateMs: 150 });
  await expect(client.incr(key)).rejects.toThrow(/closed|max retries|ECONNRESET/);
  proxy.heal();
  await until(
    () => client.set(key, 10).catch(() => undefined),
    (answer) => answer === "OK",
  );
  await until(
    () => direct.get(key),
    (value) => value === "11",
  );
});

test("requests and answers take as long as they are told to, each chunk its own time, in order", async () => {
  const { proxy, client, key } = await behindProxy();
  const delays = [60, 5, 30, 0];
  proxy.delay(() => delays.shift() ?? 0, "to-server");
  const from = performance.now();
  const counts = [];
  for (let i = 0; i < 4; i++) {
    counts.push(client.incr(key));
    await pause(2);
  }
  expect(await Promise.all(counts)).toEqual([1, 2, 3, 4]);
  expect(performance.now() - from).toBeGreaterThan(55);
});
