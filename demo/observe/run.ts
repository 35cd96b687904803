import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { Fleet } from "../fleet/fleet.js";
import { RedisCorner } from "../fleet/redis-corner.js";
import { endAllWorkers } from "../fleet/worker.js";
import { Stage } from "../stage.js";
import { paint, say } from "../style.js";
import { liveInTheTown } from "./town.js";

const bot = new URL("bot.ts", import.meta.url);
/** A webhook that is silent for so long gets its update again, ms; the real Telegram waits a minute. */
const webhookTimeoutMs = 1_500;

/**
 * One guarded bot as three busy processes, with metrics and news to look at, until Ctrl-C or the time is over.
 * Nothing is left behind.
 * @throws Error that names the remedy, when there is no Redis or it is of no use
 */
export async function runObserved(redisUrl: string | undefined, seconds: number): Promise<boolean> {
  if (!redisUrl?.trim())
    throw new Error(
      "--observe shows processes that share a Redis: set REDIS_URL, as in REDIS_URL=redis://127.0.0.1 pnpm demo --observe",
    );
  const corner = await RedisCorner.open(redisUrl);
  const stage = await Stage.open(true, { webhookTimeoutMs }, corner.token());
  const ending = new AbortController();
  let fleet: Fleet | undefined;
  try {
    fleet = await Fleet.start(stage, corner.url, {}, bot);
    tellWhereToLook(fleet, seconds);
    const town = liveInTheTown(stage, ending.signal);
    await Promise.race([timeIsOver(seconds, ending.signal), interrupted(ending.signal), town]);
    tellWhatPeopleGot(stage);
    return stage.telegram.ledger.doubled().length === 0;
  } finally {
    ending.abort();
    await fleet?.close();
    await endAllWorkers();
    await stage.close();
    await corner
      .clear()
      .catch(({ message }: Error) => say(`Redis kept the demo's keys (${message}).`, "warning  "));
  }
}

/** The wait for it keeps no demo that was ended before. */
async function timeIsOver(seconds: number, signal: AbortSignal): Promise<void> {
  await pause(seconds * 1_000, undefined, { signal }).catch(() => {});
}

async function interrupted(signal: AbortSignal): Promise<void> {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"].map((name) => once(process, name, { signal }));
  await Promise.race(signals.map((one) => one.catch(() => {})));
}

function tellWhereToLook({ workers }: Fleet, seconds: number): void {
  const targets = workers.map(({ metricsPort }) => `"127.0.0.1:${metricsPort}"`).join(", ");
  console.log(paint.bold("Sendonce demo: one busy bot as three processes, to look at."));
  console.log(`
scrape_configs:
  - job_name: sendonce-demo
    scrape_interval: 5s
    static_configs:
      - targets: [${targets}]

curl http://127.0.0.1:${workers[0]?.metricsPort}/metrics
npx sendonce top          (with the same REDIS_URL)

It runs for ${seconds} s; Ctrl-C ends it. Rules and dashboard for Prometheus and Grafana: grafana/, docs/grafana.md.`);
}

function tellWhatPeopleGot({ telegram: { ledger } }: Stage): void {
  const doubled = ledger.doubled().length;
  const told = `People received ${ledger.count()} messages; Telegram answered ${ledger.floods().length} requests with 429`;
  console.log(
    `\n${doubled === 0 ? paint.green(`✓ ${told}; nothing doubled`) : paint.red(`✗ ${told}; ${doubled} doubled`)}`,
  );
}
