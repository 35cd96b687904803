import { deepEqual, equal } from "node:assert/strict";
import type { AdapterLaw } from "./law.js";

const say = (text: string) => ({ chat_id: 7, text });
const badRequest = { kind: "error", code: 400, description: "Bad Request: chat not found" } as const;

/** Calls that failed, and are made again. */
export const repeatLaws: readonly AdapterLaw[] = [
  {
    name: "repeats: what Telegram refused is free at once, and goes out when it is asked for again",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", ...badRequest });
      await bench.failure(bot.text(7, "post"));
      await bench.run(bot.text(7, "post"));
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "repeats: a handler that tries again after a failure meets its own record",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ call }) => {
        await call("sendMessage", say("ticket")).catch(() => call("sendMessage", say("ticket")));
        if (bot.runs === 1) throw new Error("again, please");
      };
      bench.fault({ method: "sendMessage", ...badRequest });
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      deepEqual(bench.texts(7), ["ticket"]);
      equal(bench.requests("sendMessage"), 2);
    },
  },
  {
    name: "repeats: an update handled again sends what failed, and that alone",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = async ({ call }) => {
        for (const text of ["one", "two", "three"]) await call("sendMessage", say(text));
      };
      bench.fault({ method: "sendMessage", after: 1, ...badRequest });
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      deepEqual(bench.texts(7), ["one", "two", "three"]);
      equal(bench.requests("sendMessage"), 4);
    },
  },
];
