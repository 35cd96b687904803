/**
 * A queue worker on BullMQ. Each job carries the key of its post; a post whose turn is far away makes its job come
 * later instead of fail, and holds up no other; and BullMQ may try again as often as it likes: nothing goes out twice.
 *
 *     REDIS_URL=redis://127.0.0.1:6379 npx tsx examples/queue-bullmq.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { createGuard, delivery, install, isAmbiguousConflict, window } from "@sendonce/grammy";
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from "bullmq";
import { Api, GrammyError } from "grammy";
import { redisUrl } from "./kit/redis-url.js";
import { openTelegram } from "./offline.js";

const connection = { url: redisUrl() };
const telegram = await openTelegram();
const { token, apiRoot, channel } = telegram;

// A worker that waits is a worker that does not work: what cannot go at once is refused, and told when to come again.
// The limit stands in for Telegram's 20 a minute, so that the example is over soon. REDIS_URL is found by itself.
const limit = window({ limit: 3, perMs: 900 });
const guard = createGuard({ maxWaitMs: 0, limits: { chat: limit, group: limit } });
const api = install(new Api(token, { apiRoot }), guard);

/** What the queue holds: the key is as old as the job, so every try of the job has the same one. */
interface Post {
  readonly key: string;
  readonly text: string;
}

async function publish(job: Job<Post>, lock?: string): Promise<void> {
  const { key, text } = job.data;
  try {
    await api.sendMessage(channel, text, { ...delivery({ key }) });
  } catch (error) {
    if (!(error instanceof GrammyError)) throw error; // a network error: the next try learns what it was
    // Not now: Sendonce's refusal and Telegram's own 429 say when. The job's tries are not used up by it.
    const { retry_after } = error.parameters;
    if (retry_after !== undefined) {
      await job.moveToDelayed(Date.now() + 1_000 * retry_after, lock);
      throw new DelayedError();
    }
    // An earlier try may have been received. No try will change that: a person looks at the chat.
    if (isAmbiguousConflict(error)) throw new UnrecoverableError("may have been received: not sent again");
    throw error;
  }
  await markPublished(job);
}

const name = `posts-${token.split(":")[0]}`;
const queue = new Queue<Post>(name, {
  connection,
  defaultJobOptions: { attempts: 3, backoff: { type: "fixed", delay: 50 } },
});
const worker = new Worker<Post>(name, publish, { connection });

/** Everything worth knowing, as the guard saw it. */
const statistics = { sent: 0, duplicates: 0, delayed: 0, unknown: 0 };
guard.on("sent", () => statistics.sent++);
guard.on("replayed", () => statistics.duplicates++);
guard.on("refused", ({ code }) => code === "rate_limited" && statistics.delayed++);
guard.on("failed", ({ outcome }) => outcome === "unknown" && statistics.unknown++);
worker.on("failed", (job, { message }) =>
  console.log(`${job?.data.key}, try ${job?.attemptsMade}: ${message}`),
);

// Everything above is a worker as you would write it. This is what happens to it:
/** The database that is told afterwards is away, once. */
async function markPublished({ data, attemptsMade }: Job<Post>): Promise<void> {
  if (data.key === "post-2" && attemptsMade === 0) throw new Error("sent, but the database was away");
}

const done = async () => {
  for (;;) {
    const { wait = 0, active = 0, delayed = 0 } = await queue.getJobCounts("wait", "active", "delayed");
    if (wait + active + delayed === 0) return;
    await pause(20);
  }
};

const news = ["Storm tonight", "Ferries stay in", "Skye has no milk", "The storm is over", "Ferries sail"];
await queue.addBulk(news.map((text, at) => ({ name: "post", data: { key: `post-${at + 1}`, text } })));
await done();
telegram.losesAnswerTo("sendMessage");
await queue.add("post", { key: "post-6", text: "Skye has milk again" });
await done();

const { completed, failed } = await queue.getJobCounts("completed", "failed");
console.log(`${completed} jobs completed, ${failed} failed`);
console.log(
  Object.entries(statistics)
    .map(([what, count]) => `${what}: ${count}`)
    .join(", "),
);
await worker.close();
await queue.obliterate({ force: true });
await queue.close();
await guard.close();
await telegram.close();

/* Prints:
post-2, try 1: sent, but the database was away
post-6, try 1: Network request for 'sendMessage' failed!
post-6, try 2: may have been received: not sent again
5 jobs completed, 1 failed
sent: 5, duplicates: 1, delayed: 2, unknown: 1
    @harbour_news receives Storm tonight
    @harbour_news receives Ferries stay in
    @harbour_news receives Skye has no milk
    @harbour_news receives The storm is over
    @harbour_news receives Ferries sail
    @harbour_news receives Skye has milk again
*/
