import { deepEqual, equal, ok } from "node:assert/strict";
import { delivery, withDelivery } from "../../delivery-options.js";
import { tokenBucket } from "../../limiter/rules.js";
import type { AdapterFiles } from "./adapter-binding.js";
import type { AdapterLaw } from "./law.js";

const options = { key: "law-key-1", priority: "high", maxWaitMs: 77_777 } as const;
const ours = /sendonce|law-key|"?priority|77777|maxWait/i;

/** What is on the wire, how often, and what becomes of the caller's payload. */
export const wireLaws: readonly AdapterLaw[] = [
  {
    name: "wire: put on twice, the adapter makes one request and one charge, in handlers too",
    async run(bench) {
      const chat = tokenBucket({ capacity: 2, refillPerSecond: 0.001 });
      const bot = await bench.bot({ limits: { chat }, replies: "wait", maxWaitMs: 0 }, { installs: 2 });
      bot.handler = ({ call }) => call("sendMessage", { chat_id: 7, text: "two" });
      await bench.run(bot.text(7, "one"));
      const update = bench.update();
      for (let i = 0; i < 2; i++) await bench.run(bot.handle(update));
      deepEqual(bench.texts(7), ["one", "two"]);
      equal(bench.requests("sendMessage"), 2);
      equal(bot.runs, 1);
      await bench.failure(bot.text(7, "three"));
      deepEqual([bot.events("sent").length, bot.events("refused").length], [2, 1]);
    },
  },
  {
    name: "wire: put on twice, a 429 is waited out once",
    async run(bench) {
      const bot = await bench.bot({}, { installs: 2 });
      bench.fault({ method: "sendMessage", kind: "429", retryAfter: 5, times: 10 });
      await bench.failure(bot.text(7, "one"));
      equal(bench.requests("sendMessage"), 4);
      deepEqual([bot.events("freeze").length, bot.events("failed").length], [4, 1]);
    },
  },
  {
    name: "wire: a request is byte for byte the framework's own",
    async run(bench) {
      const [alone, bot] = [await bench.alone(), await bench.bot()];
      // Who is nobody's bot yet may ask first who it is.
      await bench.run(bot.text(8, "first"));
      const payload = { chat_id: 7, text: "as it is", link_preview_options: { is_disabled: true } };
      const start = bench.tap.text().length;
      await bench.run(alone.call("sendMessage", payload));
      const plain = bench.tap.text(start);
      await bench.run(bot.call("sendMessage", { ...payload, ...delivery(options) }));
      equal(bench.tap.text(start + plain.length), plain);
    },
  },
  {
    name: "wire: delivery() and withDelivery() leave no trace in JSON",
    async run(bench) {
      const bot = await bench.bot();
      await bench.run(bot.text(7, "one", delivery(options)));
      await bench.run(withDelivery({ ...options, key: "law-key-2" }, () => bot.text(7, "two")));
      const third = delivery({ ...options, key: "law-key-3" });
      bot.handler = ({ call }) => call("sendMessage", { chat_id: 7, text: "three", ...third });
      await bench.run(bot.handle(bench.update()));
      deepEqual(bench.texts(7), ["one", "two", "three"]);
      equal(ours.exec(bench.tap.text()), null);
    },
  },
  {
    name: "wire: delivery() leaves no trace in a form with files",
    needs: ["bytes"],
    async run(bench) {
      const bot = await bench.bot();
      const { bytes } = bench.binding.files as Required<AdapterFiles>;
      const file = () => bytes(Buffer.from("report"), "law.txt");
      await bench.run(bot.call("sendDocument", { chat_id: 7, document: file(), ...delivery(options) }));
      const media = [1, 2].map(() => ({ type: "document", media: file() }));
      await bench.run(bot.call("sendMediaGroup", { chat_id: 8, media, ...delivery(options) }));
      equal(bench.telegram.ledger.received().length, 3);
      equal(ours.exec(bench.tap.text()), null);
    },
  },
  {
    name: "wire: fields of business connections, topics and whatever comes next arrive as given",
    async run(bench) {
      const bot = await bench.bot();
      const given = {
        business_connection_id: "connection-1",
        message_effect_id: "5104841245755180586",
        a_field_of_tomorrow: { deep: [1, "two", true] },
      };
      bench.telegram.chat(-1001, { forum: true });
      await bench.run(bot.text(7, "business", given));
      await bench.run(bot.text(-1001, "topic", { message_thread_id: 5 }));
      const arrived = bench.telegram.ledger.received(7)[0]?.payload ?? {};
      deepEqual(Object.fromEntries(Object.keys(given).map((name) => [name, arrived[name]])), given);
      equal(bench.telegram.ledger.received(-1001)[0]?.payload.message_thread_id, 5);
    },
  },
  {
    name: "payloads: deep-frozen ones pass, and stay what they were",
    async run(bench) {
      const bot = await bench.bot();
      const make = () => ({
        chat_id: 7,
        text: "frozen",
        reply_markup: { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] },
        parse_mode: undefined,
        ...delivery({ key: "law-key-1" }),
      });
      const payload = deepFrozen(make());
      await bench.run(bot.call("sendMessage", payload));
      bot.handler = ({ call }) => call("sendMessage", deepFrozen({ chat_id: 7, text: "frozen too" }));
      await bench.run(bot.handle(bench.update()));
      deepEqual(payload, make());
      deepEqual(Reflect.ownKeys(payload), Reflect.ownKeys(make()));
      deepEqual(bench.texts(7), ["frozen", "frozen too"]);
    },
  },
  {
    name: "payloads: with files they stay what they were, and can be used again",
    needs: ["bytes"],
    async run(bench) {
      const bot = await bench.bot();
      const { bytes } = bench.binding.files as Required<AdapterFiles>;
      const file = bytes(Buffer.from("report"), "law.txt");
      const media = Object.freeze([Object.freeze({ type: "document", media: file, caption: "a" })]);
      const payload = Object.freeze({ chat_id: 7, media });
      await bench.run(bot.call("sendMediaGroup", payload));
      await bench.run(bot.call("sendMediaGroup", payload));
      ok(payload.media[0]?.media === file);
      equal(bench.requests("sendMediaGroup"), 1);
    },
  },
];

function deepFrozen<T extends object>(value: T): T {
  for (const name of Reflect.ownKeys(value)) {
    const inner = (value as Record<PropertyKey, unknown>)[name];
    if (typeof inner === "object" && inner !== null) deepFrozen(inner);
  }
  return Object.freeze(value);
}
