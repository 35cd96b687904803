import { delivery, deliveryOf, install } from "@sendonce/grammy";
import { Worker } from "bullmq";
import { Api } from "grammy";

const { BOT_TOKEN = "", API_ROOT = "", QUEUE = "", REDIS_URL = "", DIES } = process.env;
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }));

/** A worker of BullMQ's; one that dies is gone after its send, before it can tell the queue. */
new Worker<{ readonly key: string }>(
  QUEUE,
  async ({ data: { key } }) => {
    const message = await api.sendMessage(1001, "Your order is on its way", { ...delivery({ key }) });
    if (DIES) process.kill(process.pid, "SIGKILL");
    console.log(deliveryOf(message)?.replayed ? "not sent again" : "sent");
  },
  { connection: { url: REDIS_URL }, lockDuration: 1_000, stalledInterval: 300 },
);
