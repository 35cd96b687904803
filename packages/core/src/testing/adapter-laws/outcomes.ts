import { deepEqual, equal, rejects } from "node:assert/strict";
import { tokenBucket } from "../../limiter/rules.js";
import { isSendonceRefusal } from "../../refusal.js";
import { refusal } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import type { LawFault } from "./local-telegram.js";
import { nowhere } from "./nowhere.js";

const ambiguous = { error_code: 409, code: "ambiguous" };

/** Answers that leave open whether the message was sent. */
const unknown: readonly (readonly [string, LawFault])[] = [
  ["a connection cut after Telegram took it", { kind: "cut-after" }],
  ["a connection cut before, which nobody can tell from it", { kind: "cut-before" }],
  ["a proxy's 502", { kind: "html", status: 502, commit: true }],
  ["a page that is no JSON", { kind: "html", status: 200, commit: true }],
  ["a 500", { kind: "error", code: 500, description: "Internal Server Error", commit: true }],
];

/** Calls of which nobody knows what became, and calls that certainly were not sent. */
export const outcomeLaws: readonly AdapterLaw[] = [
  ...unknown.map(
    ([what, fault]): AdapterLaw => ({
      name: `outcomes: unknown, it is reported and not repeated: ${what}`,
      async run(bench) {
        const [bot, other] = [await bench.bot(), await bench.bot()];
        bench.fault({ method: "sendMessage", ...fault });
        const first = await bench.failure(bot.text(7, "paid!"));
        equal(isSendonceRefusal(first), false);
        for (const one of [bot, other]) {
          deepEqual(refusal(await bench.said(one.text(7, "paid!"))), ambiguous);
        }
        equal(bench.requests("sendMessage"), 1);
        await bench.run(bot.text(7, "next"));
      },
    }),
  ),
  {
    name: "outcomes: unknown, and a handler that tries again is refused",
    async run(bench) {
      const bot = await bench.bot();
      const said: unknown[] = [];
      bot.handler = async ({ call }) => {
        for (let i = 0; i < 2; i++) {
          const paid = call("sendMessage", { chat_id: 7, text: "paid!" });
          await paid.catch((error) => said.push(bench.binding.errorOf(error)));
        }
      };
      bench.fault({ method: "sendMessage", kind: "cut-after" });
      await bench.run(bot.handle(bench.update()));
      deepEqual([said[0], refusal(said[1] as never)], [{ kind: "network" }, ambiguous]);
      deepEqual(bench.texts(7), ["paid!"]);
    },
  },
  {
    name: "outcomes: unknown, with onAmbiguous retry the caller may have it twice",
    async run(bench) {
      const bot = await bench.bot({ idempotency: { onAmbiguous: "retry" } });
      bench.fault({ method: "sendMessage", kind: "cut-after" });
      await bench.failure(bot.text(7, "alarm"));
      await bench.run(bot.text(7, "alarm"));
      deepEqual(bench.texts(7), ["alarm", "alarm"]);
    },
  },
  {
    name: "outcomes: a connection that was never made frees the message and costs nothing",
    async run(bench) {
      const chat = tokenBucket({ capacity: 1, refillPerSecond: 0.01 });
      const astray = await bench.bot({ limits: { chat }, maxWaitMs: 0 }, { url: await nowhere() });
      for (let i = 0; i < 3; i++) deepEqual(await bench.said(astray.text(7, "post")), { kind: "network" });
      const bot = await bench.bot({ limits: { chat }, maxWaitMs: 0 });
      await bench.run(bot.text(7, "post"));
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "poison: an update whose handler ended in an unknown outcome comes to an end",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = ({ call }) => call("sendMessage", { chat_id: 7, text: "paid!" });
      bench.fault({ method: "sendMessage", kind: "cut-after" });
      const update = bench.update();
      await bench.failure(bot.handle(update));
      for (let i = 0; i < 3; i++) await bench.run(bot.handle(update));
      equal(bot.runs, 2);
      deepEqual(bench.texts(7), ["paid!"]);
      deepEqual(bot.events("updateUnfinished"), [{ bot: String(bench.botId), updateId: update.update_id }]);
    },
  },
  {
    name: "poison: whatever else a handler throws reaches the framework, and the update comes again",
    async run(bench) {
      const bot = await bench.bot();
      const broken = new Error("the database is away");
      bot.handler = async () => {
        if (bot.runs < 3) throw broken;
      };
      const update = bench.update();
      for (let i = 0; i < 2; i++) await rejects(bench.run(bot.handle(update)), (error) => error === broken);
      for (let i = 0; i < 2; i++) await bench.run(bot.handle(update));
      equal(bot.runs, 3);
    },
  },
];
