/**
 * A process of the network tests: tries the operations 0, 1, 2 … of its share, several at once, many of them
 * again, until it is told "stop"; told "recover", it waits until its store is there and is owed nothing; told "again", it
 * tries everything once more. Says "ready", "stopped", "recovered", "done".
 */

import { createInterface } from "node:readline";
import { createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { attempt } from "./kit/attempt.js";
import { History } from "./kit/history.js";
import { Seeded } from "./kit/seeded.js";

const {
  BOT_TOKEN = "",
  API_ROOT = "",
  HISTORY = "",
  PROCESS = "",
  MODE,
  SEED = "0",
  SHARE = "",
} = process.env;
/** Twins and thaws are waited for, but not long: who is refused tries again. */
const maxWaitMs = 2_000;

const whenStoreDown = MODE === "local" ? "local" : "reject";
const log = (fields: object, line: string) => console.log(`log ${line} ${JSON.stringify(fields)}`);
const logger = { debug() {}, info() {}, warn: log, error: log };
const guard = createGuard({ whenStoreDown, limits: false, maxWaitMs, logger });
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), guard);
const history = new History(HISTORY, PROCESS);
const random = new Seeded(Number(SEED));
let newest = 0;
let stopped = false;

const tryIt = (n: number) =>
  attempt(history, `${SHARE} ${n}`, () => api.sendMessage(1_000 + n, `${SHARE} ${n}`));

/** Goes on to the next operation, or back to an earlier one. */
async function walk(): Promise<void> {
  while (!stopped) {
    const n = newest === 0 || random.fraction() < 0.6 ? newest++ : random.between(0, newest - 1);
    await tryIt(n);
    await new Promise((resolve) => setTimeout(resolve, random.between(30, 120)));
  }
}

/** Everything from the first on, at the same width. */
async function tryAgain(count: number): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) await tryIt(next++);
  };
  await atOnce(work);
}

/** Until the store is used again and knows all that was done without it. */
async function recovered(): Promise<void> {
  for (;;) {
    const { mode, owed } = await guard.health();
    if (mode === "shared" && owed === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const atOnce = (work: () => Promise<void>) => Promise.all(Array.from({ length: 6 }, work));
const walking = atOnce(walk);
const input = createInterface({ input: process.stdin });
input.on("line", async (line) => {
  if (line === "stop") {
    stopped = true;
    await walking;
    console.log(`tried ${newest}`);
    console.log("stopped");
  } else if (line === "recover") {
    await recovered();
    console.log("recovered");
  } else {
    await tryAgain(Number(line.slice("again ".length)));
    console.log("done");
    input.close();
    process.stdin.destroy();
  }
});
console.log("ready");
