/**
 * Posts by the clock, with croner, on two machines, so that one may fail: each tick is posted once. The key is the time
 * that the tick was planned for, which is the same on both machines; the time at which they wake up is not.
 *
 *     npx tsx examples/scheduled-posts.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import { createGuard, delivery, install, memoryStore } from "@sendonce/grammy";
import { Cron } from "croner";
import { Api } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot, channel } = telegram;
/** What both machines share is a Redis in real life: with REDIS_URL set, leave `store` out. */
const store = memoryStore();

const lessons = ["Lesson 1: the bowline", "Lesson 2: the clove hitch"];
const course = new Date(1_000 * Math.ceil(Date.now() / 1_000 + 0.2));
const lessonAt = (tick: Date) => lessons[(tick.getTime() - course.getTime()) / 1_000] as string;

/** The same program on each machine. Yours says "0 9 * * *"; nobody should have to wait a day for an example. */
function schedule(): Cron {
  const api = install(new Api(token, { apiRoot }), createGuard({ store }));
  return new Cron(
    "* * * * * *",
    { startAt: course, maxRuns: lessons.length, catch: console.error },
    async (job) => {
      // The last planned time, this very millisecond included.
      const [tick] = job.previousRuns(1, new Date(Date.now() + 1)) as [Date];
      // Without a key the content alone would do here. With it, the same words may go out at every tick, and two machines
      // whose words differ (a deploy in between, a forecast fetched a second later) still post one of them.
      const key = `lesson-${tick.toISOString()}`;
      await api.sendMessage(channel, lessonAt(tick), { ...delivery({ key, onMismatch: "replay" }) });
    },
  );
}

// Everything above is a job as you would write it. This is what happens to it:
const machines = [schedule(), schedule()];
while (machines.some((machine) => machine.isRunning() || machine.isBusy())) await pause(20);
await telegram.close();

/* Prints:
    @harbour_news receives Lesson 1: the bowline
    @harbour_news receives Lesson 2: the clove hitch
*/
