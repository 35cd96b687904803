import { createRequire } from "node:module";
import { currentUpdate, delivery, deliveryOf, isSendonceRefusal, withDelivery } from "@sendonce/grammy";

const require = createRequire(import.meta.url);
const { Bot } = require("grammy");
const other = require("@sendonce/grammy");

const [apiRoot, chatText] = process.argv.slice(2);
const chat = Number(chatText);
const botInfo = { id: 4242, is_bot: true, first_name: "Mixed", username: "mixed_bot" };
const bot = other.install(new Bot("4242:consumer", { botInfo, client: { apiRoot } }));
const said = {};

said.twoCopies = other.delivery !== delivery;

const first = await bot.api.sendMessage(chat, "keyed", delivery({ key: "invoice" }));
const again = await bot.api.sendMessage(chat, "keyed", delivery({ key: "invoice" }));
said.keyReplayed = first.message_id === again.message_id && deliveryOf(again)?.replayed === true;
const refused = await bot.api
  .sendMessage(chat, "other", delivery({ key: "invoice" }))
  .catch((error) => error);
said.keyObeyed = refused.error_code === 409 && isSendonceRefusal(refused);

await withDelivery({ key: "one" }, () => bot.api.sendMessage(chat, "scoped"));
await withDelivery({ key: "two" }, () => bot.api.sendMessage(chat, "scoped"));
await withDelivery({ key: "one" }, () => bot.api.sendMessage(chat, "scoped"));

bot.on("message", async (ctx) => {
  said.update = currentUpdate()?.updateId;
  await ctx.reply("answered");
});
const from = { id: chat, is_bot: false, first_name: "Ann" };
const message = {
  message_id: 1,
  date: 1,
  chat: { id: chat, type: "private", first_name: "Ann" },
  from,
  text: "hi",
};
await bot.handleUpdate({ update_id: 77, message });
await bot.handleUpdate({ update_id: 77, message });
await bot.handleUpdate({ update_id: 78, message });

console.log(JSON.stringify(said));
