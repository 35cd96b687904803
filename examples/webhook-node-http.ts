/**
 * A bot on node:http alone: no framework, plain fetch. Its first handler is slower than Telegram's patience, so
 * the update comes again while it is still at work; a second update is delivered twice.
 *
 *     npx tsx examples/webhook-node-http.ts
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { createGuard, guardFetch, guardUpdates } from "@sendonce/core";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram({ webhookTimeoutMs: 1_000 }); // the real one waits 60 s
const { token, apiRoot } = telegram;

const guard = createGuard();
const once = guardUpdates(token, guard);
const send = guardFetch(fetch, guard); // the same guard: sends in a handler belong to its update

interface Update {
  readonly message?: { readonly chat: { readonly id: number }; readonly text?: string };
}

/** Takes its time to make, once. */
let report: Promise<unknown> | undefined;

async function handle({ message }: Update): Promise<void> {
  if (!message?.text) return;
  if (message.text === "/report") {
    report ??= pause(1_400);
    await report;
  }
  const body = new URLSearchParams({ chat_id: `${message.chat.id}`, text: `Here you are: ${message.text}` });
  await send(`${apiRoot}/bot${token}/sendMessage`, { method: "POST", body });
}

async function webhook(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const update = JSON.parse((await buffer(request)).toString()) as Update;
  // 200: handled, or had been. 503 with Retry-After: not now, come again. A bug in handle() is rethrown: answer 500.
  const { status, headers, outcome } = await once(update, () => handle(update));
  console.log(`    the webhook answers ${status}: ${outcome}`);
  response.writeHead(status, headers).end();
}

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(webhook);
await telegram.says("Ann", "/report");
await telegram.says("Bob", "/prices");
await telegram.redelivers();
await telegram.close();
await guard.close();

/* Prints:
Ann writes /report
    the webhook answers 200: handled
    the webhook answers 200: dropped
    Ann receives Here you are: /report
Bob writes /prices
    the webhook answers 200: handled
    Bob receives Here you are: /prices
Telegram delivers that once more
    the webhook answers 200: dropped
*/
