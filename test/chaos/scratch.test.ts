import { test } from "vitest";
import { startCluster } from "../kit/redis/cluster.js";
import { telegram } from "../kit/telegram.js";
import { steadyBot } from "./steady-bot.js";

const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
for (const whenStoreDown of ["reject", "local"] as const)
  test("hasty " + whenStoreDown, { timeout: 100000 }, async () => {
    const emulator = await telegram({ limits: false });
    const cluster = await startCluster(2);
    const bot = await cluster.botOn(0);
    const options = { bot, whenStoreDown, maxWaitMs: 1_000, limits: { global: false as const } };
    const hasty = await steadyBot(emulator, cluster.client(), { name: "hasty", ...options });
    const store = hasty.guard.store as any;
    for (const verb of ["admit", "settle", "stats", "ping", "inspect"]) {
      const f = store[verb].bind(store);
      store[verb] = async (...a: any[]) => {
        const t = performance.now();
        let how = "ok";
        try {
          const r = await f(...a);
          how = JSON.stringify(r)?.slice(0, 100);
          return r;
        } catch (e: any) {
          how = "threw " + e.message;
          throw e;
        } finally {
          console.log(verb, Math.round(performance.now() - t), how);
        }
      };
    }
    const migration = await cluster.beginMigration(await cluster.slotOf(`sendonce:{${bot}}:`), 0, 1);
    console.log("moved", await migration.moveKeys(1));
    const told = await Promise.all(Array.from({ length: 6 }, (_, i) => hasty.send(`during ${i}`, 8)));
    console.log(told, hasty.took, hasty.modes, hasty.log);
    await migration.finish();
  });
