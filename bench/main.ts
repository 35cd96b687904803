/**
 * `pnpm bench`: everybody side by side, in one run on one machine; `pnpm bench NAME…` for some of it. Real Redis, started
 * here; each contestant in a process of its own, in turn, round after round. Figures are medians; the spread is half of
 * largest less smallest. A bench is no test: it gates nothing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { RedisServer } from "../test/kit/redis/server.js";
import { buildPrograms } from "./kit/build.js";
import { machine } from "./kit/machine.js";
import { fingerprint } from "./suites/fingerprint.js";
import * as growth from "./suites/growth.js";
import { heap } from "./suites/heap.js";
import { memory } from "./suites/memory.js";
import { observe } from "./suites/observe.js";
import { race } from "./suites/race.js";
import { throughput } from "./suites/throughput.js";

type Rows = readonly object[];

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
await buildPrograms();
const server = await RedisServer.launch();

const suites: Readonly<Record<string, () => Promise<Rows>>> = {
  throughput: () => throughput(server, rounds),
  fingerprint: () => fingerprint(rounds),
  memory: () => memory(server),
  heap,
  race,
  keys: () => growth.keys(server, rounds),
  observe: () => observe(server),
  processes: () => growth.processes(server),
};

const asked = process.argv.slice(2).filter((each) => !each.startsWith("-"));
const unknown = asked.filter((name) => !(name in suites));
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(", ")}; there are ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}

try {
  const version = /redis_version:(\S+)/.exec(await server.connect().info("server"))?.[1] ?? "unknown";
  const about = machine(version);
  console.log(
    Object.entries(about)
      .map((each) => each.join(" "))
      .join(" · "),
  );
  const results: Record<string, Rows> = {};
  for (const name of asked.length > 0 ? asked : Object.keys(suites)) {
    console.log(`\n${name}`);
    results[name] = await suites[name]!();
    console.table(results[name]);
  }
  mkdirSync(new URL("results/", import.meta.url), { recursive: true });
  const file = new URL("results/latest.json", import.meta.url);
  writeFileSync(file, `${JSON.stringify({ machine: about, results }, null, 2)}\n`);
  console.log("\nJSON in bench/results/latest.json");
} finally {
  await server.stop();
}
process.exit(0);
