import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { RedisServer } from "../../test/kit/redis/server.js";
import type { Work } from "../kit/at-work.js";
import { median, percent, shown } from "../kit/figures.js";
import { runApart } from "../kit/process.js";
import { serverFigures } from "../kit/server-figures.js";

const title = "Sendonce [redis]";
const ms = 1_500;

/** Throughput with a thousand and with a million live keys, in turn. */
export async function keys(server: RedisServer, rounds: number) {
  const admin = server.connect();
  const speeds = new Map<number, number[]>([
    [1_000, []],
    [1_000_000, []],
  ]);
  for (const [live, measured] of speeds) {
    await admin.flushall();
    await fill(admin, live);
    for (let round = 0; round < rounds; round++) {
      const [work] = await runApart<Work>("at-work", [title, server.url, "64", `${ms}`]);
      measured.push(work!.perSecond);
    }
  }
  const [few, lots] = [...speeds.values()].map(median) as [number, number];
  return [
    { "live keys": "1,000", "sends/s": shown(few), ratio: "" },
    { "live keys": "1,000,000", "sends/s": shown(lots), ratio: percent(lots / few) },
  ];
}

/** Server time per send, with one process and with eight at once. */
export async function processes(server: RedisServer) {
  const admin = server.connect();
  const rows = [];
  let alone: number | undefined;
  for (const count of [1, 2, 4, 8]) {
    await admin.flushall();
    const before = await serverFigures(admin);
    const works = await Promise.all(
      Array.from({ length: count }, () => runApart<Work>("at-work", [title, server.url, "64", `${ms}`])),
    );
    const sends = works.flat().reduce((sum, work) => sum + work.sends, 0);
    const cpuUs = ((await serverFigures(admin)).cpuUs - before.cpuUs) / sends;
    alone ??= cpuUs;
    rows.push({
      processes: count,
      "sends/s": shown(works.flat().reduce((sum, each) => sum + each.perSecond, 0)),
      "server µs/send": shown(cpuUs),
      ratio: percent(cpuUs / alone),
    });
  }
  return rows;
}

/** Records as they stand in Redis, of messages sent long ago. */
async function fill(admin: Redis, count: number): Promise<void> {
  const expires = (Date.now() + 3_600_000) * 1_000;
  for (let done = 0; done < count; done += 1_000) {
    const pipeline = admin.pipeline();
    for (let i = 0; i < 1_000; i++) {
      const key = `sendonce:{bench}:1:r:${randomBytes(16).toString("base64url")}`;
      pipeline.set(key, `D|${expires}||{"message_id":1,"date":1700000000}`, "PX", 3_600_000);
    }
    await pipeline.exec();
  }
}
