import { deepEqual, equal, match, notEqual } from "node:assert/strict";
import { delivery, withDelivery } from "../../delivery-options.js";
import type { AdapterLaw } from "./law.js";
import type { Message } from "./law-bot.js";

/** The same call twice, outside updates. */
export const dedupeLaws: readonly AdapterLaw[] = [
  {
    name: "dedupe: the same call twice goes out once and is answered with one message id",
    async run(bench) {
      const bot = await bench.bot();
      const first = await bench.run(bot.text(7, "post"));
      const second = await bench.run(bot.text(7, "post"));
      equal(second.message_id, first.message_id);
      deepEqual(bench.texts(7), ["post"]);
      equal(bench.requests("sendMessage"), 1);
    },
  },
  {
    name: "dedupe: other words, another chat, another method are other messages",
    async run(bench) {
      const bot = await bench.bot();
      await bench.run(bot.text(7, "post"));
      await bench.run(bot.text(7, "another post"));
      await bench.run(bot.text(8, "post"));
      await bench.run(bot.text(7, "post", { disable_notification: true }));
      await bench.run(bot.call("sendDice", { chat_id: 7 }));
      equal(bench.telegram.ledger.received().length, 5);
    },
  },
  {
    name: "dedupe: concurrent twins share one send, and each gets an object of its own",
    async run(bench) {
      const bot = await bench.bot();
      const twins = await bench.all(Array.from({ length: 5 }, () => bot.text(7, "post")));
      equal(new Set(twins.map(({ message_id }) => message_id)).size, 1);
      equal(new Set(twins).size, 5);
      equal(bench.requests("sendMessage"), 1);
    },
  },
  {
    name: "dedupe: twins in two processes share one send",
    async run(bench) {
      const [one, other] = [await bench.bot(), await bench.bot()];
      bench.fault({ method: "sendMessage", kind: "slow", ms: 400 });
      const [first, second] = await bench.all([one.text(7, "post"), other.text(7, "post")]);
      equal(second?.message_id, first?.message_id);
      equal(bench.requests("sendMessage"), 1);
    },
  },
  {
    name: "dedupe: the order of fields, and fields that say nothing, make no difference",
    async run(bench) {
      const bot = await bench.bot();
      await bench.run(bot.call("sendMessage", { chat_id: 7, text: "post", parse_mode: "HTML" }));
      await bench.run(bot.call("sendMessage", { parse_mode: "HTML", text: "post", chat_id: 7 }));
      const more = { reply_markup: undefined, parse_mode: "HTML" };
      await bench.run(bot.call("sendMessage", { ...more, chat_id: 7, text: "post" }));
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "dedupe: a chat id is its own string, and names differ in more than case",
    async run(bench) {
      const bot = await bench.bot();
      for (const chat of [7, "7", "@News", "@news"]) await bench.run(bot.text(chat, "post"));
      deepEqual(bench.texts(7), ["post"]);
      deepEqual(bench.texts("@news"), ["post"]);
    },
  },
  {
    name: "dedupe: the framework's short form and its call by name are one message",
    needs: ["send"],
    async run(bench) {
      const bot = await bench.bot();
      const first = await bench.run(bot.text(7, "post"));
      const second = await bench.run(bot.send(7, "post"));
      equal(second.message_id, first.message_id);
      deepEqual(bench.texts(7), ["post"]);
    },
  },
  {
    name: "dedupe: delivery({ key }) names a message per chat",
    async run(bench) {
      const bot = await bench.bot();
      for (const chat of [7, 8, 7]) await bench.run(bot.text(chat, "paid", delivery({ key: "invoice-1" })));
      await bench.run(bot.text(7, "paid", delivery({ key: "invoice-2" })));
      deepEqual(bench.texts(7), ["paid", "paid"]);
      deepEqual(bench.texts(8), ["paid"]);
    },
  },
  {
    name: "dedupe: delivery({ key }) is obeyed in the framework's short forms",
    needs: ["send", "reply"],
    async run(bench) {
      const bot = await bench.bot();
      const key = delivery({ key: "invoice-1" });
      await bench.run(bot.send(7, "paid", key));
      bot.handler = (inside) => inside.reply!("paid", key);
      await bench.run(bot.handle(bench.update()));
      await bench.run(bot.handle(bench.update()));
      deepEqual(bench.texts(7), ["paid"]);
    },
  },
  {
    name: "dedupe: calls within one withDelivery({ key }) go out once each, as often as they are meant",
    async run(bench) {
      const bot = await bench.bot();
      const post = () =>
        withDelivery({ key: "post-1" }, async () => {
          const { message_id } = await bot.call<Message>("sendDice", { chat_id: 7 });
          await bot.text(7, "discuss");
          await bot.text(7, "discuss");
          return message_id;
        });
      equal(await bench.run(post()), await bench.run(post()));
      equal(bench.telegram.ledger.received(7).length, 3);
    },
  },
  {
    name: "dedupe: two bots never stand for each other, whatever they share",
    async run(bench) {
      const bot = await bench.bot();
      const token = `${bench.botId + 1}:${bench.secret}`;
      const other = await bench.bot({}, { token, guard: bot.guard });
      const [first, second] = [await bench.run(bot.text(7, "post")), await bench.run(other.text(7, "post"))];
      deepEqual(bench.texts(7), ["post", "post"]);
      notEqual(second, first);
      const bots = bot.events("sent").map((event) => (event as { bot: string }).bot);
      deepEqual(bots, [String(bench.botId), String(bench.botId + 1)]);
    },
  },
  {
    name: "dedupe: a namespace stands for the bot in every key, and for one bot alone",
    async run(bench) {
      const namespace = `law-${bench.botId}`;
      const [bot, other] = [await bench.bot({ namespace }), await bench.bot()];
      await bench.run(bot.text(7, "post"));
      await bench.run(other.text(7, "post"));
      deepEqual(bench.texts(7), ["post", "post"]);
      const names = [bot, other].map((one) => (one.events("sent")[0] as { bot: string }).bot);
      deepEqual(names, [namespace, String(bench.botId)]);
      await bench.run(bot.handle(bench.update()));
      const token = `${bench.botId + 1}:${bench.secret}`;
      const intruder = bench.bot({}, { token, guard: bot.guard }).then((one) => one.handle(bench.update()));
      match(String(await bench.failure(intruder)), /two bots/);
    },
  },
];
