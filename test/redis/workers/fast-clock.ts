/** Sends "first", then at each line "go" one more message, by a clock on which a second takes 50 ms: leases end soon. */

import { createInterface } from "node:readline";
import { redisStore } from "@sendonce/core/redis";
import { type Clock, createGuard, install, systemClock } from "@sendonce/grammy";
import { Api } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", REDIS_URL = "" } = process.env;
const times = 20;

const clock: Clock = {
  now: () => systemClock.now() * times,
  sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  every: (ms, tick) => systemClock.every(ms / times, tick),
  stopwatch() {
    const elapsed = systemClock.stopwatch!();
    return () => elapsed() * times;
  },
};

const store = redisStore(REDIS_URL, { commandTimeoutMs: 10_000 });
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), createGuard({ store, clock }));
await api.sendMessage(7, "first");
console.log("ready");
const input = createInterface({ input: process.stdin });
input.once("line", async () => {
  input.close();
  process.stdin.destroy();
  await api.sendMessage(7, "second");
  console.log("done");
});
