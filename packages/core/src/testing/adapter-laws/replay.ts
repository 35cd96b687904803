import { deepEqual, equal, notEqual } from "node:assert/strict";
import { deliveryOf } from "../../delivered.js";
import type { AdapterLaw } from "./law.js";
import type { Message } from "./law-bot.js";

const facts = ({ message_id, date, chat, text }: Message) => ({ message_id, date, chat: chat.id, text });
const photos = ["one", "two"].map((name) => ({ type: "photo", media: `https://example.com/${name}.jpg` }));

/** What a call that sends nothing again is answered with. */
export const replayLaws: readonly AdapterLaw[] = [
  {
    name: "replay: has the id, date and chat of the first, and its words, in every process",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      const first = await bench.run(bot.text(7, "post"));
      equal(first.text, "post");
      for (const one of [bot, other]) deepEqual(facts(await bench.run(one.text(7, "post"))), facts(first));
    },
  },
  {
    name: "replay: is a fresh object each time, so that what a plugin does to one is not seen in the next",
    async run(bench) {
      const bot = await bench.bot();
      await bench.run(bot.text(7, "post"));
      const second = await bench.run(bot.text(7, "post"));
      Object.assign(second, { message_id: -1, hydrated: true });
      const third = await bench.run(bot.text(7, "post"));
      notEqual(third, second);
      equal(third.message_id > 0, true);
      equal("hydrated" in third, false);
    },
  },
  {
    name: "replay: deliveryOf tells it from the first",
    needs: ["deliveryOf"],
    async run(bench) {
      const bot = await bench.bot();
      const first = await bench.run(bot.text(7, "post"));
      const second = await bench.run(bot.text(7, "post"));
      deepEqual([deliveryOf(first)?.replayed, deliveryOf(first)?.attempts], [false, 1]);
      deepEqual([deliveryOf(second)?.replayed, deliveryOf(second)?.attempts], [true, 0]);
    },
  },
  {
    name: "replay: an album is a list of messages",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      const album = { chat_id: 7, media: photos };
      const ids: number[][] = [];
      for (const one of [bot, bot, other]) {
        const sent = await bench.run(one.call<Message[]>("sendMediaGroup", album));
        ids.push(sent.map(({ message_id }) => message_id));
      }
      equal(ids[0]?.length, 2);
      deepEqual(ids.slice(1), [ids[0], ids[0]]);
      equal(bench.requests("sendMediaGroup"), 1);
    },
  },
  {
    name: "replay: a copy is an id, and copies are a list of ids",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot()];
      const from = await bench.all([bot.text(8, "one"), bot.text(8, "two")]);
      const message_ids = from.map(({ message_id }) => message_id);
      const one = { chat_id: 7, from_chat_id: 8, message_id: message_ids[0] };
      const both = { chat_id: 9, from_chat_id: 8, message_ids };
      const [copy, copies] = await bench.all<unknown>([
        bot.call("copyMessage", one),
        bot.call("copyMessages", both),
      ]);
      deepEqual(Object.keys(copy as object), ["message_id"]);
      equal((copies as unknown[]).length, 2);
      for (const again of [bot, other]) {
        deepEqual(await bench.run(again.call("copyMessage", one)), copy);
        deepEqual(await bench.run(again.call("copyMessages", both)), copies);
      }
      deepEqual([bench.requests("copyMessage"), bench.requests("copyMessages")], [1, 1]);
    },
  },
  {
    name: "replay: what Telegram answered to the first send is handed over whole",
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot()];
      const plain = await bench.run(alone.text(7, "post"));
      const guarded = await bench.run(bot.text(7, "post"));
      const { message_id, date } = guarded;
      deepEqual({ ...plain, message_id, date }, { ...guarded });
    },
  },
];
