/**
 * A queue worker that sends by a client of its own, neither grammY nor Telegraf. Jobs come twice, the API asks
 * to wait, a response is lost: each post goes out at most once, and the worker is told which is which.
 *
 *     npx tsx examples/parts-delivery.ts
 */
import { DeliveryService, IdempotencyConflict } from "@sendonce/core";

const service = new DeliveryService();

/** Stands in for an HTTP client: answers as the Bot API does. */
const answers = [
  { ok: true, result: { message_id: 101 } },
  { ok: false, error_code: 429, description: "Too Many Requests", parameters: { retry_after: 1 } },
  { ok: true, result: { message_id: 102 } },
  "connection reset",
];
async function post(): Promise<unknown> {
  const answer = answers.shift();
  if (typeof answer === "string") throw Object.assign(new Error(answer), { code: "ECONNRESET" });
  return answer;
}

async function work(deliveryId: string): Promise<void> {
  const { success, duplicate, messageId, error } = await service.sendWithReliabilityGuards({
    deliveryId,
    postData: { channelId: "@news", text: `Post ${deliveryId}` },
    sendFunction: post,
  });
  if (success) console.log(`${deliveryId}: message ${messageId}, ${duplicate ? "not sent again" : "sent"}`);
  else if (error instanceof IdempotencyConflict)
    console.log(`${deliveryId}: not sent again, ${error.reason}`);
  else console.log(`${deliveryId}: ${error?.message}`);
}

await work("post-1");
await work("post-1"); // the queue delivers it once more
await work("post-2"); // the API says 429: waits a second, then goes out
await work("post-3"); // nobody knows whether it arrived …
await work("post-3"); // … so it is not sent again by itself

/* Prints:
post-1: message 101, sent
post-1: message 101, not sent again
post-2: message 102, sent
post-3: connection reset
post-3: not sent again, ambiguous
*/
