const { install } = require("@sendonce/grammy");
const { redisStore } = require("@sendonce/grammy/redis");
const { Api } = require("grammy");

async function main([apiRoot, chat]) {
  redisStore(process.env.REDIS_URL);
  const api = install(new Api("4242:consumer", { apiRoot }));
  const message = await api.sendMessage(Number(chat), "from everywhere");
  console.log(JSON.stringify({ id: message.message_id }));
}

main(process.argv.slice(2));
