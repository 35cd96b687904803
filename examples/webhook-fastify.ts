/**
 * A bot on fastify and plain fetch. Its handler fails after its first
 * message: Telegram delivers the update again, and the second run says only what is missing.
 *
 *     npx tsx examples/webhook-fastify.ts
 */
import { createGuard, guardFetch, guardUpdates } from "@sendonce/core";
import fastify from "fastify";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const guard = createGuard();
const once = guardUpdates(token, guard);
const send = guardFetch(fetch, guard);

interface Update {
  readonly message?: { readonly chat: { readonly id: number } };
}

const say = (chat: number, text: string) =>
  send(`${apiRoot}/bot${token}/sendMessage?${new URLSearchParams({ chat_id: `${chat}`, text })}`);

let printerJams = true;
async function handle({ message }: Update): Promise<void> {
  if (!message) return;
  await say(message.chat.id, "Printing your ticket …");
  if (printerJams) {
    printerJams = false;
    throw new Error("the printer is jammed");
  }
  await say(message.chat.id, "Done: ticket 42.");
}

const app = fastify();
app.post("/", async (request, reply) => {
  const update = request.body as Update;
  const { status, headers, outcome } = await once(update, () => handle(update));
  console.log(`    the webhook answers ${status}: ${outcome}`);
  return reply.code(status).headers(headers).send();
});
app.setErrorHandler<Error>((error, _request, reply) => {
  console.log(`    the webhook answers 500: ${error.message}`);
  return reply.code(500).send();
});
await app.ready();

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(app.routing);
await telegram.says("Ann", "/ticket");
await telegram.redelivers();
await telegram.close();
await guard.close();

/* Prints:
Ann writes /ticket
    the webhook answers 500: the printer is jammed
    the webhook answers 200: handled
    Ann receives Printing your ticket …
    Ann receives Done: ticket 42.
Telegram delivers that once more
    the webhook answers 200: dropped
*/
