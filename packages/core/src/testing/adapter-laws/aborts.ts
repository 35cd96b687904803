import { deepEqual, equal, ok } from "node:assert/strict";
import { getEventListeners } from "node:events";
import { tokenBucket } from "../../limiter/rules.js";
import { refusal } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import type { LawBot } from "./law-bot.js";

const onePerMinute = { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 / 60 }) };
const aborted = { kind: "aborted" };
const start = (bot: LawBot, text: string, { signal }: AbortController) =>
  bot.call("sendMessage", { chat_id: 7, text }, signal);

/** The caller's own AbortSignal, passed as the framework takes it. */
export const abortLaws: readonly AdapterLaw[] = [
  {
    name: "aborts: before the call nothing is sent, and the next one goes out",
    async run(bench) {
      const bot = await bench.bot();
      const abort = new AbortController();
      abort.abort();
      deepEqual(await bench.said(start(bot, "post", abort)), aborted);
      equal(bench.requests("sendMessage"), 0);
      await bench.run(bot.text(7, "post"));
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "aborts: while it waits for its turn nothing is sent, and the turn is the next one's",
    async run(bench) {
      const bot = await bench.bot({ limits: onePerMinute });
      await bench.run(bot.text(7, "one"));
      const abort = new AbortController();
      const waiting = start(bot, "two", abort);
      await bench.clock.pass(1_000);
      abort.abort();
      deepEqual(await bench.said(waiting), aborted);
      const from = bench.clock.now();
      await bench.run(bot.text(7, "three"));
      ok(bench.clock.now() - from <= 60_000, "the aborted call kept its turn");
      deepEqual(bench.texts(7), ["one", "three"]);
    },
  },
  {
    name: "aborts: while it waits for a thaw it is not sent again",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 30, enforce: true });
      const abort = new AbortController();
      const waiting = start(bot, "post", abort);
      await bench.clock.pass(1_000);
      abort.abort();
      deepEqual(await bench.said(waiting), aborted);
      equal(bench.requests("sendMessage"), 1);
      await bench.run(bot.text(7, "post"));
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "aborts: while Telegram is at it nobody knows, and a repeat is refused",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", kind: "hang", commit: true });
      const abort = new AbortController();
      const hanging = start(bot, "paid!", abort);
      await bench.arrived("sendMessage");
      abort.abort();
      deepEqual(await bench.said(hanging), aborted);
      deepEqual(refusal(await bench.said(bot.text(7, "paid!"))), { error_code: 409, code: "ambiguous" });
      equal(bench.requests("sendMessage"), 1);
    },
  },
  {
    name: "aborts: a twin that gives up takes nobody along",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", kind: "slow", ms: 1_000 });
      const abort = new AbortController();
      const first = bot.text(7, "post");
      const twin = start(bot, "post", abort);
      await bench.arrived("sendMessage");
      abort.abort();
      deepEqual(await bench.said(twin), aborted);
      await bench.run(first);
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "aborts: a call that has ended listens to its signal no more than the framework alone does",
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot({ limits: onePerMinute })];
      const [plain, guarded] = [new AbortController(), new AbortController()];
      for (const text of ["one", "two"]) {
        await bench.run(start(alone, text, plain));
        await bench.run(start(bot, text, guarded));
      }
      const listeners = ({ signal }: AbortController) => getEventListeners(signal, "abort").length;
      ok(listeners(guarded) <= listeners(plain), `${listeners(guarded)} listeners are left`);
    },
  },
];
