const { install } = require("@sendonce/grammy");
const { Bot } = require("grammy");

async function main([apiRoot, chat]) {
  const bot = install(new Bot("4242:consumer", { client: { apiRoot } }));
  const first = await bot.api.sendMessage(Number(chat), "from CommonJS");
  const again = await bot.api.sendMessage(Number(chat), "from CommonJS");
  console.log(JSON.stringify({ ids: [first.message_id, again.message_id] }));
}

main(process.argv.slice(2));
