/** A webhook in a process of its own, on the Redis of REDIS_URL; prints its port, and what its handler does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { guardFetch, guardUpdates } from "@sendonce/core";

const { BOT_TOKEN = "", API_ROOT = "", HANGS } = process.env;
const once = guardUpdates(BOT_TOKEN);
const send = guardFetch(fetch, once.guard);

async function handle(): Promise<void> {
  await send(`${API_ROOT}/bot${BOT_TOKEN}/sendMessage?chat_id=7&text=one`);
  console.log("half done");
  if (HANGS) await new Promise(() => {});
  await send(`${API_ROOT}/bot${BOT_TOKEN}/sendMessage?chat_id=7&text=two`);
}

const server = createServer(async (request, response) => {
  const update = JSON.parse((await buffer(request)).toString());
  const { status, headers, outcome } = await once(update, handle);
  console.log(`${outcome} ${JSON.stringify(headers)}`);
  response.writeHead(status, headers).end();
});
server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
