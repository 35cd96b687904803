/**
 * A bot that falls asleep (SIGSTOP, by its own hand) at the point that it is told: `<point> <operation>`. Says "asleep"
 * just before and "told <ending>" when it has been thawed and the send is over.
 */
import { createInterface } from "node:readline";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, install, window } from "@sendonce/grammy";
import { Api } from "grammy";
import { attempt } from "../kit/attempt.js";
import { History } from "../kit/history.js";
import { withLease } from "./short-lease.js";

const { REDIS_URL, BOT_TOKEN, API_ROOT, HISTORIES, PROCESS, LEASE_MS } = process.env as Record<
  string,
  string
>;
let point: string | undefined;

function sleepAt(here: string): void {
  if (point !== here) return;
  point = undefined;
  console.log("asleep");
  process.kill(process.pid, "SIGSTOP");
}

const store = withLease(redisStore(REDIS_URL!), Number(LEASE_MS), {
  beforeAdmit: () => sleepAt("before-admit"),
  asked: () => sleepAt("admit-asked"),
});
const api = new Api(BOT_TOKEN!, { apiRoot: API_ROOT! });
// Further in than the guard: what it does is the request itself.
api.config.use(async (prev, method, payload, signal) => {
  sleepAt("before-request");
  const answer = prev(method, payload, signal);
  setTimeout(() => sleepAt("request-open"), 15);
  await answer;
  sleepAt("before-settle");
  return answer;
});
const guard = createGuard({
  store,
  whenStoreDown: "reject",
  limits: { group: window({ limit: 1, perMs: 400 }) },
});
install(api, guard);
guard.on("wait", () => {
  if (point === "waiting") setTimeout(() => sleepAt("waiting"), 20);
});
const history = new History(HISTORIES!, PROCESS!);

createInterface({ input: process.stdin }).on("line", async (line) => {
  const [where, operation, chat] = line.split(" ") as [string, string, string];
  point = where;
  const { ending } = await attempt(history, operation, () => api.sendMessage(Number(chat), operation));
  sleepAt("afterwards");
  console.log(`told ${operation} ${ending}`);
});
await guard.store.ping();
console.log("ready");
