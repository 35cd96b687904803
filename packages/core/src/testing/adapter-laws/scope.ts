import { deepEqual, equal } from "node:assert/strict";
import { tokenBucket } from "../../limiter/rules.js";
import { outsideUpdate } from "../../scope.js";
import type { SaidError } from "./adapter-binding.js";
import { refusal } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import type { Message } from "./law-bot.js";

const answer = (text: string) => ({ chat_id: 7, text });

/** Calls made while an update is handled, and updates that come again. */
export const scopeLaws: readonly AdapterLaw[] = [
  {
    name: "scope: the same words answered to two updates go out twice",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = ({ call }) => call("sendMessage", answer("unknown command"));
      for (const text of ["a", "b"]) await bench.run(bot.handle(bench.update(text)));
      deepEqual(bench.texts(7), ["unknown command", "unknown command"]);
    },
  },
  {
    name: "scope: an update that was handled is not handled again, in another process neither",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      bot.handler = ({ call }) => call("sendMessage", answer("welcome"));
      other.handler = bot.handler;
      const update = bench.update("/start");
      for (const one of [bot, bot, other]) await bench.run(one.handle(update));
      deepEqual([bot.runs, other.runs], [1, 0]);
      deepEqual(bench.texts(7), ["welcome"]);
      equal(bot.events("updateDropped").length, 1);
    },
  },
  {
    name: "scope: a handler that fails after sending runs again and sends nothing again",
    async run(bench) {
      const bot = await bench.bot();
      const ids: number[] = [];
      bot.handler = async ({ call }) => {
        ids.push(((await call("sendMessage", answer("welcome"))) as Message).message_id);
        if (bot.runs === 1) throw new Error("the database is away");
      };
      const update = bench.update("/start");
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      equal(bot.runs, 2);
      equal(ids[1], ids[0]);
      deepEqual(bench.texts(7), ["welcome"]);
    },
  },
  {
    name: "scope: an update that comes again while it is handled waits for the first and is dropped",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      bot.handler = async ({ call }) => {
        await bench.clock.sleep(3_000);
        await call("sendMessage", answer("done"));
      };
      other.handler = bot.handler;
      const update = bench.update("work");
      const works = [bot.handle(update), bot.handle(update)];
      await bench.clock.until(() => bot.runs > 0, "the first runs");
      await bench.all([...works, other.handle(update)]);
      deepEqual([bot.runs, other.runs], [1, 0]);
      deepEqual(bench.texts(7), ["done"]);
    },
  },
  {
    name: "scope: a handler that says ping three times sends three, and no more when it runs again",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ call }) => {
        for (let i = 0; i < 3; i++) await call("sendMessage", answer("ping"));
        if (bot.runs === 1) throw new Error("again, please");
      };
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      deepEqual(bench.texts(7), ["ping", "ping", "ping"]);
    },
  },
  {
    name: "scope: the bot's own calls inside a handler belong to the update",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = () => bot.text(9, "somebody wrote");
      for (const text of ["a", "b"]) await bench.run(bot.handle(bench.update(text)));
      deepEqual(bench.texts(9), ["somebody wrote", "somebody wrote"]);
    },
  },
  {
    name: "scope: calls that a handler left running belong to its update",
    async run(bench) {
      const bot = await bench.bot();
      const left: Promise<unknown>[] = [];
      bot.handler = async ({ call }) => {
        left.push(bench.clock.sleep(60_000).then(() => call("sendMessage", answer("reminder"))));
      };
      for (const text of ["a", "b"]) await bench.run(bot.handle(bench.update(text)));
      await bench.all(left);
      deepEqual(bench.texts(7), ["reminder", "reminder"]);
    },
  },
  {
    name: "scope: outsideUpdate leaves it",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = ({ call }) => outsideUpdate(() => call("sendMessage", answer("daily report")));
      for (const text of ["a", "b"]) await bench.run(bot.handle(bench.update(text)));
      deepEqual(bench.texts(7), ["daily report"]);
    },
  },
  {
    name: "scope: by position, words that vary from run to run are one message",
    async run(bench) {
      const bot = await bench.bot({ idempotency: { match: "position" } });
      bot.handler = async ({ call }) => {
        await call("sendMessage", answer(`it is ${bot.runs} o'clock`));
        if (bot.runs === 1) throw new Error("again, please");
      };
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      deepEqual(bench.texts(7), ["it is 1 o'clock"]);
    },
  },
  {
    name: "scope: updates at the same time keep apart",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ call }) => {
        await call("sendMessage", answer("one"));
        await bench.clock.sleep(100);
        await call("sendMessage", answer("two"));
      };
      await bench.all([bot.handle(bench.update("a")), bot.handle(bench.update("b"))]);
      deepEqual(bench.texts(7).toSorted(), ["one", "one", "two", "two"]);
    },
  },
  {
    name: "scope: the framework's short answer belongs to the update",
    needs: ["reply"],
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ reply }) => {
        await reply!("hi", {});
        if (bot.runs === 2) throw new Error("again, please");
      };
      await bench.run(bot.handle(bench.update("a")));
      const second = bench.update("b");
      await bench.failure(bot.handle(second));
      await bench.run(bot.handle(second));
      deepEqual(bench.texts(7), ["hi", "hi"]);
    },
  },
  {
    name: "scope: an answer is charged to the user who wrote, or pressed a button",
    async run(bench) {
      const user = tokenBucket({ capacity: 1, refillPerSecond: 0.01 });
      const bot = await bench.bot({ limits: { user }, maxWaitMs: 0 });
      const said: SaidError[] = [];
      bot.handler = async ({ call }, { update_id }) => {
        for (const chat_id of [8, 9]) {
          const sent = call("sendMessage", { chat_id, text: `${update_id}` });
          await sent.catch((error) => said.push(bench.binding.errorOf(error)));
        }
      };
      await bench.run(bot.handle(bench.update("a", 7)));
      deepEqual(said.map(refusal), [{ error_code: 429, code: "rate_limited" }]);
      await bench.run((await bench.alone()).text(6, "menu"));
      await bench.run(bot.handle(bench.pressed("x", 6)));
      equal(said.length, 2);
      deepEqual([bench.texts(8).length, bench.texts(9).length], [2, 0]);
    },
  },
  {
    name: "scope: an update that no user caused is handled once as well",
    async run(bench) {
      const bot = await bench.bot({ limits: { user: tokenBucket({ capacity: 1, refillPerSecond: 1 }) } });
      bot.handler = ({ call }) => call("sendMessage", answer("seen"));
      const update = bench.update("a post", "@news");
      for (let i = 0; i < 2; i++) await bench.run(bot.handle(update));
      equal(bot.runs, 1);
      deepEqual(bench.texts(7), ["seen"]);
    },
  },
  {
    name: "scope: an update_id below 1 is a test's, and no scope",
    async run(bench) {
      const bot = await bench.bot();
      const update = { ...bench.update(), update_id: 0 };
      for (let i = 0; i < 2; i++) await bench.run(bot.handle(update));
      equal(bot.runs, 2);
    },
  },
];
