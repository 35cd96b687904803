/**
 * Two workers and one Redis: two processes have the same news to post, and one of them is killed in the middle. The
 * channel gets each headline once, in order. With REDIS_URL set there is nothing else to do for it.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 npx tsx examples/two-workers.ts
 */
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { delivery, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { redisUrl } from "./kit/redis-url.js";
import { openTelegram } from "./offline.js";

const headlines = ["Storm tonight", "Ferries stay in", "The storm is over", "Ferries sail"];

/** What each process does. `install` finds REDIS_URL by itself: the records, limits and floods are everybody's. */
async function work(): Promise<void> {
  const { TOKEN = "", API_ROOT = "", CHANNEL = "", DIES_AFTER } = process.env;
  const api = install(new Api(TOKEN, { apiRoot: API_ROOT }));
  for (const [at, headline] of headlines.entries()) {
    await api.sendMessage(CHANNEL, headline, { ...delivery({ key: headline }) });
    if (at + 1 === Number(DIES_AFTER)) process.kill(process.pid, "SIGKILL");
  }
  process.disconnect();
}

/** The host that runs them, and what happens to them. */
async function host(): Promise<void> {
  redisUrl();
  const telegram = await openTelegram();
  const place = { TOKEN: telegram.token, API_ROOT: telegram.apiRoot, CHANNEL: `${telegram.channel}` };
  const workers = [cluster.fork({ ...place, DIES_AFTER: "2" }), cluster.fork(place)];
  const ends = await Promise.all(workers.map(endOf));
  for (const [at, end] of ends.entries()) console.log(`Worker ${at + 1}: ${end}`);
  await telegram.close();
}

async function endOf(worker: Worker): Promise<string> {
  const [code, signal] = await once(worker, "exit");
  return code === 0 ? "done" : `killed by ${signal}`;
}

await (cluster.isPrimary ? host() : work());

/* Prints:
Worker 1: killed by SIGKILL
Worker 2: done
    @harbour_news receives Storm tonight
    @harbour_news receives Ferries stay in
    @harbour_news receives The storm is over
    @harbour_news receives Ferries sail
*/
