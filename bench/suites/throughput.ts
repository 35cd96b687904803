import type { RedisServer } from "../../test/kit/redis/server.js";
import { contestants, titleOf } from "../contestants/index.js";
import type { Work } from "../kit/at-work.js";
import { median, percent, shown, spread } from "../kit/figures.js";
import { runApart } from "../kit/process.js";

const widths = [1, 64, 512];
const ms = Number(process.env.BENCH_MS ?? 400);

/** Everybody in turn, round after round; each turn begins with an empty Redis. */
export async function throughput(server: RedisServer, rounds: number) {
  const only = new RegExp(process.env.BENCH_ONLY ?? ".");
  const racing = contestants.filter((each) => only.test(titleOf(each)));
  const works = new Map<string, Work[]>(racing.map((each) => [titleOf(each), []]));
  const admin = server.connect();
  for (let round = 0; round < rounds; round++) {
    for (const title of works.keys()) {
      await admin.flushall();
      const said = await runApart<Work>("at-work", [title, server.url, widths.join(), `${ms}`]);
      works.get(title)!.push(...said);
      process.stderr.write(".");
    }
  }
  process.stderr.write("\n");
  return [...works].map(([title, all]) => rowOf(title, all));
}

function rowOf(title: string, all: readonly Work[]) {
  const at = (width: number, of: keyof Work) =>
    all.filter((work) => work.width === width).map((work) => work[of]);
  const speed = (width: number) =>
    `${shown(median(at(width, "perSecond")))} ±${percent(spread(at(width, "perSecond")) / 2)}`;
  return {
    contestant: title,
    "1 in flight /s": speed(1),
    "64 /s": speed(64),
    "512 /s": speed(512),
    "p50 µs": shown(median(at(1, "p50Us"))),
    "p99 µs": shown(median(at(1, "p99Us"))),
    "commands/send": shown(median(at(64, "commandsPerSend"))),
    "bytes/send": shown(median(at(64, "bytesPerSend"))),
    "server µs": shown(median(at(64, "serverCpuUs"))),
    "client µs": shown(median(at(64, "clientCpuUs"))),
  };
}
