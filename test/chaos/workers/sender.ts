/**
 * A bot that sends operations, its own or those that it shares with others, until each has an answer. A successor reads
 * what its post has been answered before and repeats the rest, and some of the answered too. Told "go", "calm" (no more
 * faults: come to an end; says "done" and how many are left in the hands of the dead) and "again".
 */
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, install, tokenBucket, window } from "@sendonce/grammy";
import { Api } from "grammy";
import { attempt } from "../kit/attempt.js";
import { History, readHistories } from "../kit/history.js";
import { jumpClock } from "./jumping-clock.js";
import { withLease } from "./short-lease.js";

const env = process.env as Record<string, string>;
const { REDIS_URL, BOT_TOKEN, API_ROOT, HISTORIES, PROCESS, POST } = env as Record<string, string>;
const [count, width, repeats] = [Number(env.COUNT), Number(env.WIDTH), Number(env.REPEATS)];
const whenStoreDown = env.WHEN_STORE_DOWN === "local" ? "local" : "reject";
/** Without a count the operations are this process's own, and have no end. */
const own = env.COUNT === undefined;

if (env.JUMPING_POST === POST) jumpClock(70);

const redis = redisStore(REDIS_URL!);
const guard = createGuard({
  store: env.LEASE_MS === undefined ? redis : withLease(redis, Number(env.LEASE_MS)),
  whenStoreDown,
  idempotency: { onBusy: "reject" },
  limits: {
    chat: tokenBucket({ capacity: 20, refillPerSecond: 5 }),
    group: window({ limit: 20, perMs: 3_000 }),
    global: tokenBucket({ capacity: 50, refillPerSecond: Number(env.RATE) }),
  },
  // Floods stop the rules, but slow down no run.
  flood: { adaptive: false },
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
const api = install(new Api(BOT_TOKEN!, { apiRoot: API_ROOT! }), guard);
const history = new History(HISTORIES!, PROCESS!);
const nameOf = (n: number): string => (own ? `${PROCESS} message ${n}` : `message ${n}`);
/** Every tenth goes to one of a few groups. */
const groups = Number(env.GROUPS ?? 4);
const chatOf = (n: number): number => (n % 10 === 0 ? -1 - ((n / 10) % groups) : 1_000 + n);

const mostRepeated = 50;
/** Operations that still want an answer, oldest first. */
const open: number[] = own ? [] : unanswered();
/** In the hands of somebody else when last tried. */
let busy = new Set<number>();
let next = 0;
let calm = false;

function unanswered(): number[] {
  const ofThisPost = readHistories(HISTORIES!).filter(({ process }) => process.startsWith(`bot-${POST}.`));
  const answered = new Set(
    ofThisPost.flatMap(({ event, operation }) =>
      event === "ok" || event === "replayed" || event === "unknown" ? [operation] : [],
    ),
  );
  const all = Array.from({ length: count }, (_, n) => n);
  // A few: a life may be short, and should get on.
  const again = Math.min(repeats, mostRepeated / answered.size);
  return all.filter((n) => !answered.has(nameOf(n)) || Math.random() < again);
}

/** The next to try; undefined: nothing is left to do now. */
function take(): number | undefined {
  return own && !calm && open.length < width ? next++ : open.shift();
}

async function work(): Promise<void> {
  for (let n = take(); n !== undefined; n = take()) await tryOnce(n);
}

async function tryOnce(n: number): Promise<void> {
  const send = () => attempt(history, nameOf(n), () => api.sendMessage(chatOf(n), nameOf(n)));
  // Now and then twice at the same time, or once more afterwards.
  const [{ ending, note }] = await Promise.all(Math.random() < repeats ? [send(), send()] : [send()]);
  if (ending === "refused" || ending === "fail") {
    if (note === "busy") busy.add(n);
    else open.push(n);
    if (note === "store_unavailable") await pause(40);
  } else if (Math.random() < repeats / 2) open.push(n);
}

async function untilCalm(): Promise<void> {
  while (!calm) {
    await Promise.all(Array.from({ length: width }, work));
    open.push(...busy);
    busy = new Set();
    await pause(50);
  }
}

/** What is still busy after two looks, a second apart, belongs to the dead until their leases are over. */
async function finish(): Promise<void> {
  for (let looks = 0, left = -1; looks < 2; looks = busy.size === left ? looks + 1 : 0) {
    left = busy.size;
    open.push(...busy);
    busy = new Set();
    await Promise.all(Array.from({ length: width }, work));
    if (busy.size > 0) await pause(1_000);
    if (busy.size === 0) break;
  }
}

async function begin(): Promise<void> {
  await untilCalm();
  await finish();
  console.log(`left ${busy.size}`);
  console.log("done");
}

createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "go") void begin();
  if (line === "calm") calm = true;
  if (line === "again") void finish().then(() => console.log(`done again, left ${busy.size}`));
  if (line === "end") void guard.close().then(() => process.exit(0));
});
// Connects, and loads all that the first send needs.
await guard.store.ping().catch(() => {});
console.log("ready");
