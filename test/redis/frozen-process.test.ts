import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startProxy } from "../kit/redis/proxy.js";
import { sharedRedis } from "../kit/redis/server.js";
import { telegram, textsOf } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";
import { until } from "./sender.js";

/** Scripts that one process runs for "second" while it is frozen for so long, between its claim and the answer. */
async function frozenFor(ms: number) {
  const { server, token } = await sharedRedis();
  const proxy = await startProxy(server);
  const emulator = await telegram();
  const worker = startWorker("redis/workers/fast-clock.ts", {
    REDIS_URL: proxy.url,
    BOT_TOKEN: token,
    API_ROOT: emulator.url,
  });
  await worker.says("ready");
  const scripts = () => proxy.passed.requests.evalsha ?? 0;
  const before = scripts();
  proxy.delay(200);
  worker.tell("go");
  await until(scripts, (count) => count > before);
  process.kill(worker.pid, "SIGSTOP");
  proxy.delay(0);
  await sleep(ms);
  process.kill(worker.pid, "SIGCONT");
  await worker.says("done");
  await worker.end();
  return { scripts: scripts() - before, texts: textsOf(emulator, 7) };
}

test("a process frozen beyond its lease claims anew and sends once; one that wakes in time sends on what it has", async () => {
  // 40 s by its own clock, of a lease of 30; and 8 s.
  const [beyond, within] = await Promise.all([frozenFor(2_000), frozenFor(400)]);
  const texts = ["first", "second"];
  // Claim, given back, claim, settled.
  expect(beyond).toEqual({ scripts: 4, texts });
  expect(within).toEqual({ scripts: 2, texts });
});
