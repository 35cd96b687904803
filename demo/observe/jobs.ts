import { Readable } from "node:stream";
import { delivery } from "@sendonce/grammy";
import { type Api, InputFile } from "grammy";

/** A job that every process has in its crontab, so that all of them do it at the same time. */
interface CronJob {
  readonly everyMs: number;
  /** @param tick the same in every process */
  run(api: Api, tick: number): Promise<unknown>;
}

const readers = Array.from({ length: 60 }, (_, i) => 5_001 + i);

const jobs: readonly CronJob[] = [
  // more than the 20 a minute that Telegram allows there
  { everyMs: 500, run: (api, tick) => api.sendMessage("@ticker", `Price ${tick}`) },
  {
    everyMs: 2_000,
    run: (api, tick) => api.sendMessage("@shop", `Offer ${tick}`, { allow_paid_broadcast: true }),
  },
  // every process has another text under the same key: a mistake that the guard finds
  {
    everyMs: 4_000,
    run: (api, tick) =>
      api.sendMessage(777, `Balance ${tick} by process ${process.pid}`, delivery({ key: `balance-${tick}` })),
  },
  // a stream has no content to recognise it by: every process sends its own
  {
    everyMs: 3_000,
    run: (api, tick) => {
      const log = new InputFile(Readable.from([Buffer.from(`log of process ${process.pid}`)]), `${tick}.log`);
      return api.sendDocument(778, log, { caption: `Log ${tick} of process ${process.pid}` });
    },
  },
  {
    everyMs: 10_000,
    run: (api, tick) =>
      Promise.allSettled(
        readers.map((chat) => api.sendMessage(chat, `Edition ${tick}`, delivery({ priority: "bulk" }))),
      ),
  },
  { everyMs: 5_000, run: (api, tick) => api.sendPhoto(779, `https://example.com/${tick}.jpg`) },
];

/** Does all jobs whenever the clock shows a multiple of their period. What fails is counted by the metrics. */
export function doJobs(api: Api): void {
  for (const job of jobs) schedule(job, api);
}

function schedule(job: CronJob, api: Api): void {
  const tick = Math.floor(Date.now() / job.everyMs) + 1;
  const due = () => {
    job.run(api, tick).catch(() => {});
    schedule(job, api);
  };
  setTimeout(due, tick * job.everyMs - Date.now());
}
