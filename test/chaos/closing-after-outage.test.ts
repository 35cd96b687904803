import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { expect, onTestFinished, test } from "vitest";
import { startRedis } from "../kit/redis/server.js";
import { apiAt, telegram } from "../kit/telegram.js";

test("closed just after Redis came back, a process tells it what was sent without it: a successor sends nothing twice", async () => {
  const redis = await startRedis();
  const emulator = await telegram({ limits: false });
  const processOn = () => {
    // An options object of its own: stores of one URL and like options would share their connection.
    const store = redisStore(redis.url, { redis: {} });
    const guard = createGuard({ store, limits: false });
    onTestFinished(() => store.close());
    const modes: string[] = [];
    guard.on("mode", ({ mode }) => modes.push(mode));
    return { guard, modes, api: install(apiAt(emulator), guard) };
  };
  const first = processOn();
  await first.api.sendMessage(7, "with Redis");
  redis.pause();
  const texts = ["one", "two", "three"];
  await Promise.all(texts.map((text) => first.api.sendMessage(7, text)));
  expect(first.modes).toEqual(["local"]);
  redis.resume();
  await first.guard.close();
  const successor = processOn();
  await Promise.all(texts.map((text) => successor.api.sendMessage(7, text)));
  expect(emulator.ledger.doubled()).toEqual([]);
});
