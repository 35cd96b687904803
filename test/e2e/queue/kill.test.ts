import { Queue } from "bullmq";
import { expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../../kit/redis/server.js";
import { telegram } from "../../kit/telegram.js";
import { startWorker } from "../../kit/worker.js";

test("a queue's worker that dies between its send and its word to the queue: the next one sends nothing", async () => {
  const { url, token, botId } = await sharedRedis();
  const emulator = await telegram();
  const name = `orders-${botId}`;
  const queue = new Queue<{ readonly key: string }>(name, { connection: { url } });
  onTestFinished(() => queue.close());
  const env = { REDIS_URL: url, BOT_TOKEN: token, API_ROOT: emulator.url, QUEUE: name };

  await queue.add("order", { key: "order-7" });
  const dying = startWorker("e2e/queue/worker.ts", { ...env, DIES: "yes" });
  await dying.end();
  expect(dying.lines).toEqual([]);
  expect(emulator.ledger.count()).toBe(1);

  // The queue takes the job for stalled when the dead worker's lock is over, and gives it to the living.
  await startWorker("e2e/queue/worker.ts", env).says("not sent again");
  expect(emulator.ledger.count()).toBe(1);
});
