/**
 * A bot on express and plain fetch. Telegram tells it to slow down in the middle of a handler: the webhook asks
 * Telegram to come again, and the second run says only what is missing.
 *
 *     npx tsx examples/webhook-express.ts
 */
import { createGuard, guardFetch, guardUpdates } from "@sendonce/core";
import express from "express";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

// A webhook had better not wait: beyond a tenth of a second Telegram is told to come again.
const guard = createGuard({ maxWaitMs: 100 });
const once = guardUpdates(token, guard);
const send = guardFetch(fetch, guard);

/** A no is thrown as it is: from a 429, Telegram's or Sendonce's, the webhook reads when to come again. */
async function say(chat: number, text: string): Promise<void> {
  const body = new URLSearchParams({ chat_id: `${chat}`, text });
  const answer = await send(`${apiRoot}/bot${token}/sendMessage`, { method: "POST", body });
  if (!answer.ok) throw await answer.json();
}

interface Update {
  readonly message?: { readonly chat: { readonly id: number } };
}

async function handle({ message }: Update): Promise<void> {
  if (!message) return;
  await say(message.chat.id, "Your order is on its way.");
  await say(message.chat.id, "It arrives at noon.");
}

const app = express();
// What handle() throws is rethrown: express answers 500, and Telegram delivers the update again.
app.post("/", express.json(), async (request, response) => {
  const { status, headers } = await once(request.body, () => handle(request.body as Update));
  console.log(
    `    the webhook answers ${status}${headers["Retry-After"] ? `: in ${headers["Retry-After"]} s` : ""}`,
  );
  response.status(status).set(headers).end();
});

// Everything above is a bot as you would write it. This is what happens to it:
telegram.floods("sendMessage");
await telegram.serve(app);
await telegram.says("Ann", "/order");
await telegram.redelivers();
await telegram.close();
await guard.close();

/* Prints:
Ann writes /order
    the webhook answers 503: in 1 s
    the webhook answers 200
    Ann receives Your order is on its way.
    Ann receives It arrives at noon.
Telegram delivers that once more
    the webhook answers 200
*/
