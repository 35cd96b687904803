import { test } from "vitest";
import { startSentinel } from "../kit/redis/sentinel.js";
import { telegram } from "../kit/telegram.js";
import { redisStore } from "@sendonce/core/redis";
import { steadyBot } from "./steady-bot.js";
const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
test("demoted", { timeout: 100000 }, async () => {
  const emulator = await telegram({ limits: false });
  const sentinel = await startSentinel();
  const bot = await steadyBot(emulator, sentinel.client({ lazyConnect: true }), { name: "a", bot: 1, perSecond: 40 });
  const load = bot.load();
  await sleep(200);
  const old = await sentinel.master();
  const m = await sentinel.failover();
  await old.client().replicaof("127.0.0.1", m.port);
  await sleep(2500);
  await load.stop();
  console.log(bot.modes, bot.operations.length);
  const store = redisStore(m.url);
  const states: Record<string, number> = {};
  for await (const key of store.keys("1")) { const id = /:r:(.+)$/.exec(key)?.[1]; if (!id) continue; const v = await store.inspect("1", id); const k = v?.state ?? "none"; states[k] = (states[k] ?? 0) + 1; }
  console.log(states);
  const res: Record<string, number> = {};
  for (const [i, op] of bot.operations.entries()) { const from = performance.now(); const r = await Promise.race([bot.send(op), sleep(1500).then(() => ({ ending: "hangs", note: "" }))]); const w = r.ending + " " + (r.note ?? ""); res[w] = (res[w] ?? 0) + 1; if (performance.now() - from > 1000) console.log(i, performance.now() - from, r); }
  console.log(res, emulator.ledger.doubled().length);
});
