const { install } = require("@sendonce/telegraf");
const { redisStore } = require("@sendonce/telegraf/redis");
const { Telegraf } = require("telegraf");

async function main([apiRoot, chat]) {
  if (typeof redisStore !== "function") throw new Error("no Redis store");
  const bot = install(new Telegraf("4242:consumer", { telegram: { apiRoot } }));
  const first = await bot.telegram.sendMessage(Number(chat), "from Telegraf, CommonJS");
  const again = await bot.telegram.sendMessage(Number(chat), "from Telegraf, CommonJS");
  console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
}

main(process.argv.slice(2));
