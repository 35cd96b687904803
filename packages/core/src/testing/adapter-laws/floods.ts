import { deepEqual, equal, ok } from "node:assert/strict";
import { isSendonceRefusal } from "../../refusal.js";
import { refusal } from "./bench.js";
import type { AdapterLaw } from "./law.js";

const album = { chat_id: 7, media: [{ type: "photo", media: "https://example.com/a.jpg" }] };

/** What a 429 of Telegram's does. Times in seconds of virtual time. */
export const floodLaws: readonly AdapterLaw[] = [
  {
    name: "floods: a 429 is waited out, then the message goes out once and in its place",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 12, enforce: true });
      const sent = [bot.text(7, "first")];
      await bench.clock.pass(1_000);
      sent.push(bot.text(7, "second"), bot.text(7, "third"), bot.text(8, "elsewhere"));
      await bench.clock.pass(5_000);
      deepEqual([bench.texts(7), bench.texts(8)], [[], ["elsewhere"]]);
      await bench.all(sent);
      deepEqual(bench.texts(7), ["first", "second", "third"]);
      deepEqual(bench.telegram.ledger.duringFlood(), []);
      equal(bench.requests("sendMessage"), 5);
    },
  },
  {
    name: "floods: another process keeps away from the chat as well",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      bench.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 12, enforce: true });
      const first = bot.text(7, "first");
      await bench.clock.pass(1_000);
      await bench.all([first, other.text(7, "second")]);
      deepEqual(bench.texts(7).toSorted(), ["first", "second"]);
      deepEqual(bench.telegram.ledger.duringFlood(), []);
    },
  },
  {
    name: "floods: a 429 inside a handler is waited out there",
    async run(bench) {
      const bot = await bench.bot();
      bot.handler = ({ call }) => call("sendMessage", { chat_id: 7, text: "hi" });
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 3, enforce: true });
      await bench.run(bot.handle(bench.update()));
      deepEqual(bench.texts(7), ["hi"]);
      deepEqual(bench.telegram.ledger.duringFlood(), []);
    },
  },
  {
    name: "floods: after three tries again Telegram's own 429 reaches the caller",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 2, times: 10 });
      const error = await bench.failure(bot.text(7, "post"));
      equal(isSendonceRefusal(error), false);
      deepEqual(bench.binding.errorOf(error), tooMany(2));
      equal(bench.requests("sendMessage"), 4);
    },
  },
  {
    name: "floods: one that lasts longer than the caller waits is handed over, and the next call is refused unsent",
    async run(bench) {
      const bot = await bench.bot({ maxWaitMs: 3_000 });
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 30, enforce: true });
      deepEqual(await bench.said(bot.text(7, "a")), tooMany(30));
      const next = await bench.said(bot.text(7, "b"));
      deepEqual(refusal(next), { error_code: 429, code: "rate_limited" });
      equal(bench.requests("sendMessage"), 1);
      await bench.clock.pass(30_000);
      await bench.run(bot.text(7, "a"));
      deepEqual(bench.texts(7), ["a"]);
    },
  },
  {
    name: "floods: an album that got a 429 may be there in part, and is not repeated",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMediaGroup", kind: "429", retryAfter: 4, enforce: true });
      deepEqual(await bench.said(bot.call("sendMediaGroup", album)), tooMany(4));
      const again = await bench.said(bot.call("sendMediaGroup", album));
      deepEqual(refusal(again), { error_code: 409, code: "ambiguous" });
      await bench.run(bot.text(7, "after the thaw"));
      deepEqual(bench.telegram.ledger.duringFlood(), []);
    },
  },
  {
    name: "floods: edits and chat actions wait for the thaw",
    async run(bench) {
      const bot = await bench.bot();
      const { message_id } = await bench.run(bot.text(7, "draft"));
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 5, enforce: true });
      const sent = bot.text(7, "more");
      await bench.clock.pass(100);
      const edited = bot.call("editMessageText", { chat_id: 7, message_id, text: "final" });
      const typing = bot.call("sendChatAction", { chat_id: 7, action: "typing" });
      await bench.all<unknown>([sent, edited, typing]);
      deepEqual(bench.telegram.ledger.duringFlood(), []);
      deepEqual([bench.requests("editMessageText"), bench.requests("sendChatAction")], [1, 1]);
    },
  },
  {
    name: "floods: a 429 to an edit holds the chat's messages too, and the edit is made after it",
    async run(bench) {
      const bot = await bench.bot();
      const { message_id } = await bench.run(bot.text(7, "draft"));
      bench.fault({ method: "editMessageText", kind: "429", retryAfter: 6, enforce: true });
      const edited = bot.call("editMessageText", { chat_id: 7, message_id, text: "final" });
      await bench.clock.pass(100);
      await bench.all<unknown>([edited, bot.text(7, "next")]);
      deepEqual(bench.telegram.ledger.duringFlood(), []);
      equal(bench.requests("editMessageText"), 2);
    },
  },
  {
    name: "floods: answers and getters are never held, and their own 429s pass through",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 60 });
      const held = bot.text(7, "held");
      await bench.clock.pass(100);
      const from = bench.clock.now();
      await bench.run(bot.call("answerCallbackQuery", { callback_query_id: "1" }));
      await bench.run(bot.call("getChat", { chat_id: 7 }));
      ok(bench.clock.now() - from < 1_000, "a getter has waited");
      bench.fault({ method: "getChat", kind: "429", retryAfter: 9 });
      deepEqual(await bench.said(bot.call("getChat", { chat_id: 7 })), tooMany(9));
      equal(bench.requests("getChat"), 2);
      await bench.run(held);
    },
  },
  {
    name: "floods: with flood: false they are the caller's business",
    async run(bench) {
      const bot = await bench.bot({ flood: false });
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 5 });
      deepEqual(await bench.said(bot.text(7, "a")), tooMany(5));
      await bench.run(bot.text(7, "a"));
      deepEqual(bench.texts(7), ["a"]);
    },
  },
];

const tooMany = (seconds: number) => ({
  kind: "api",
  error_code: 429,
  description: `Too Many Requests: retry after ${seconds}`,
  parameters: { retry_after: seconds },
});
