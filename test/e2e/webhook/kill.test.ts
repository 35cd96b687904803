import { redisStore } from "@sendonce/core/redis";
import { expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../../kit/redis/server.js";
import { eventually, telegram, textsOf } from "../../kit/telegram.js";
import { startWorker, type Worker } from "../../kit/worker.js";

const portOf = async (worker: Worker): Promise<number> => {
  await eventually(() => worker.lines.some((line) => line.startsWith("port ")), "it listens", 20_000);
  return Number(worker.lines[0]?.slice(5));
};

test("killed amid a handler: another process has Telegram wait, then finishes without saying anything twice", async () => {
  const { url, token, botId } = await sharedRedis();
  const emulator = await telegram();
  const env = { BOT_TOKEN: token, API_ROOT: emulator.url, REDIS_URL: url };
  const workers = [
    startWorker("e2e/webhook/worker.ts", { ...env, HANGS: "1" }),
    startWorker("e2e/webhook/worker.ts", env),
  ];
  const [first, second] = workers as [Worker, Worker];
  const ports = await Promise.all(workers.map(portOf));
  let attempts = 0;
  emulator.webhook(token, async (update) => {
    const port = ports[Math.min(attempts++, 1)];
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: JSON.stringify(update) });
    return { status: answer.status, headers: Object.fromEntries(answer.headers) };
  });
  const { update_id } = emulator.say(token, { chat: 7, text: "go" });
  await first.says("half done");
  await first.end("SIGKILL");

  // Nobody can tell a dead process from a slow one while its lease runs.
  await eventually(() => second.lines.includes('wait {"Retry-After":"5"}'), "it answers wait", 15_000);
  const store = redisStore(url);
  onTestFinished(() => store.close());
  // The lease takes 30 s to run out; here it is over now.
  await store.reset(String(botId), { records: [`update:${update_id}`] });
  await eventually(() => emulator.pending(token) === 0, "the update is confirmed");

  expect(emulator.deliveries(token).map(({ status }) => status)).toEqual([0, 503, 200]);
  const [, refused, handled] = emulator.deliveries(token);
  expect(handled!.at - refused!.at).toBeGreaterThan(12_500);
  expect(textsOf(emulator, 7)).toEqual(["one", "two"]);
});
