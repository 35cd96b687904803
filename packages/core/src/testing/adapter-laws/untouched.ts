import { deepEqual, equal, ok } from "node:assert/strict";
import { inspect } from "node:util";
import { delivery } from "../../delivery-options.js";
import { tokenBucket } from "../../limiter/rules.js";
import type { AdapterBench } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import type { LawFault } from "./local-telegram.js";
import { nowhere } from "./nowhere.js";

const words = "a very private sentence";

const refused: LawFault = { kind: "error", code: 400, description: "Bad Request: chat not found" };

/** Bad ends that a call can come to. */
const ends: readonly LawFault[] = [
  refused,
  { kind: "429", retryAfter: 400 },
  { kind: "html", status: 502 },
  { kind: "html", status: 200 },
  { kind: "cut-after" },
];

/** Calls that are none of the guard's business, and what nobody may read anywhere. */
export const untouchedLaws: readonly AdapterLaw[] = [
  {
    name: "untouched: getMe and getUpdates go out each time, and are answered as without us",
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot({ maxWaitMs: 0 })];
      bench.update("waiting");
      for (const method of ["getMe", "getUpdates"]) {
        const plain = await bench.run(alone.call(method, {}));
        for (let i = 0; i < 2; i++) deepEqual(await bench.run(bot.call(method, {})), plain);
        equal(bench.requests(method), 3);
      }
    },
  },
  {
    name: "untouched: a 429 or a 409 to getUpdates is the framework's to deal with, at once",
    async run(bench) {
      const bot = await bench.bot();
      const conflict = { kind: "error", code: 409, description: "Conflict: terminated by other" } as const;
      const from = bench.clock.now();
      bench.fault({ method: "getUpdates", kind: "429", retryAfter: 30 });
      bench.fault({ method: "getUpdates", ...conflict });
      for (const code of [429, 409]) {
        const said = await bench.said(bot.call("getUpdates", {}));
        equal(said.kind === "api" && said.error_code, code);
      }
      equal(bench.requests("getUpdates"), 2);
      ok(bench.clock.now() - from < 1_000, "getUpdates has waited");
    },
  },
  {
    name: "untouched: edits, deletes, settings and answers are made as often as they are asked for",
    async run(bench) {
      const bot = await bench.bot();
      const { message_id } = await bench.run(bot.text(7, "draft"));
      const calls: [string, object][] = [
        ["editMessageText", { chat_id: 7, message_id, text: "final" }],
        ["sendChatAction", { chat_id: 7, action: "typing" }],
        ["setMyCommands", { commands: [{ command: "start", description: "Start" }] }],
        ["answerCallbackQuery", { callback_query_id: "1" }],
      ];
      for (const [method, payload] of calls) {
        for (let i = 0; i < 2; i++) await bench.run(Promise.allSettled([bot.call(method, { ...payload })]));
        equal(bench.requests(method), 2, method);
      }
    },
  },
  {
    name: "untouched: a method that nobody knows gets Telegram's own answer",
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot()];
      const plain = await bench.said(alone.call("sendTelepathy", { chat_id: 7 }));
      deepEqual(await bench.said(bot.call("sendTelepathy", { chat_id: 7 })), plain);
    },
  },
  {
    name: "secrets: no error holds the bot's token, whatever went wrong",
    async run(bench) {
      const bot = await bench.bot({ maxWaitMs: 1_000 });
      for (const [chat, fault] of ends.entries()) {
        bench.fault({ method: "sendMessage", chat: chat + 1, ...fault });
        await discreet(bench, bot.text(chat + 1, words));
        if (fault !== refused) await discreet(bench, bot.text(chat + 1, words));
      }
      const astray = await bench.bot({}, { url: await nowhere() });
      await discreet(bench, astray.text(7, words));
      bench.fault({ method: "getMe", kind: "html", status: 200 });
      await discreet(bench, bot.call("getMe", {}));
    },
  },
  {
    name: "secrets: nothing inside an error holds the token, unless the framework alone puts it there",
    async run(bench) {
      const dead = await nowhere();
      const leak = async (chat: number, fault: LawFault | undefined, installs: number) => {
        const bot = await bench.bot(
          { maxWaitMs: 0 },
          { installs, ...(fault === undefined && { url: dead }) },
        );
        if (fault) bench.fault({ method: "sendMessage", chat, ...fault });
        const error = await bench.failure(bot.text(chat, words));
        return inspect(error, { depth: 8, showHidden: true }).includes(bench.secret);
      };
      for (const [i, fault] of [...ends, undefined].entries()) {
        const [alone, guarded] = [await leak(i + 1, fault, 0), await leak(i + 1, fault, 1)];
        ok(alone || !guarded, `${JSON.stringify(fault)}: the token stands in an error`);
      }
    },
  },
  {
    name: "secrets: no refusal, event, log line or warning holds the words or the key of a message",
    async run(bench) {
      const chat = tokenBucket({ capacity: 2, refillPerSecond: 0.01 });
      const bot = await bench.bot({ limits: { chat }, maxWaitMs: 0 });
      const key = delivery({ key: "law-key-1" });
      await bench.run(bot.text(7, words, key));
      await bench.run(bot.text(7, words, key));
      await discreet(bench, bot.text(7, `${words}, changed`, key));
      await bench.run(bot.text(7, words));
      await bench.run(bot.text(7, words));
      await discreet(bench, bot.text(7, `${words} too soon`));
      bot.handler = ({ call }) => call("sendMessage", { chat_id: 9, text: words });
      bench.fault({ method: "sendMessage", chat: 9, kind: "cut-after" });
      const update = bench.update();
      await bench.failure(bot.handle(update));
      await bench.run(bot.handle(update));
      const told = JSON.stringify(bot.told);
      ok(bot.told.lines.length > 3, "the logger was told nothing");
      for (const secret of [words, "law-key", bench.secret]) equal(told.includes(secret), false, secret);
    },
  },
];

/** Fails, and says so without the token or the message's words. */
async function discreet(bench: AdapterBench, work: Promise<unknown>): Promise<void> {
  const error = (await bench.failure(work)) as Error & { description?: string };
  const said = [String(error), error.message, error.description, error.stack].join("\n");
  for (const secret of [bench.secret, words]) equal(said.includes(secret), false, `an error says ${secret}`);
}
