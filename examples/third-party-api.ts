/**
 * A gateway for text messages, not Telegram: every call costs money, and it allows three in any 250 ms. The two parts
 * alone, over plain fetch: asked twice it is called once, nobody meets its limit, and what is unknown is not sent again.
 *
 *     npx tsx examples/third-party-api.ts
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { IdempotencyGuard, memoryStore, networkFacts, TokenBucketRateLimiter, window } from "@sendonce/core";

/** For all processes: redisStore(process.env.REDIS_URL) of "@sendonce/core/redis". */
const shared = { store: memoryStore(), namespace: "sms-gateway" };
const idempotency = new IdempotencyGuard({ ...shared, ttlMs: 24 * 3_600_000 });
const limiter = new TokenBucketRateLimiter(shared);
/** A call counts there when it arrives, and some are on their way for longer: half of what it allows leaves room. */
const allowance = window({ limit: 3, perMs: 500 });

async function sendSms(gateway: string, order: number, to: string): Promise<string> {
  const key = idempotency.generateKey(["shipped", order, to]);
  // Only to spare a duplicate the wait. The turn comes before the start: who dies while it waits has started nothing.
  const { duplicate, status } = await idempotency.isDuplicate(key);
  if (duplicate) return `not sent again (${status})`;
  const turn = await limiter.acquireWithDelay("calls", allowance, 1, { maxWaitMs: 5_000 });
  if (!turn.acquired) return `too busy, come again in ${turn.retryAfterMs} ms`;

  const start = await idempotency.markOperationStart(key);
  if (!start.started) return `not sent again (${start.status})`;
  try {
    const response = await fetch(gateway, { method: "POST", body: JSON.stringify({ order, to }) });
    const { id } = (await response.json()) as { id: string };
    // Its no is a no: nothing was sent, and the next one may try. A 5xx could mean anything.
    if (response.ok) await idempotency.markOperationComplete(key, start.owner, id);
    else await idempotency.markOperationFailed(key, start.owner, { unknown: response.status >= 500 });
    return response.ok ? `sent as ${id}` : `refused with ${response.status}`;
  } catch (error) {
    const unknown = networkFacts(error).code !== "ECONNREFUSED"; // nobody was there: nothing was sent
    await idempotency.markOperationFailed(key, start.owner, { unknown });
    return unknown ? "no answer: it may have been sent" : "the gateway is away";
  }
}

// Everything above is code as you would write it. This is the gateway, and what happens:
const calls: number[] = [];
let tooFast = 0;
const server = createServer((request, response) => {
  const now = performance.now();
  if (calls.filter((at) => now - at < 250).length >= 3) tooFast++;
  calls.push(now);
  if (calls.length === 6) return request.socket.destroy(); // sent and charged, but the answer is lost
  response.end(JSON.stringify({ id: `sms-${calls.length}` }));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const orders = [1, 2, 3, 4, 5];
await Promise.all([...orders, ...orders].map((order) => sendSms(gateway, order, "+47 555")));
console.log(`5 orders, each told twice at once: ${calls.length} calls, ${tooFast} too fast`);
console.log(`order 1 once more: ${await sendSms(gateway, 1, "+47 555")}`);
console.log(`order 6: ${await sendSms(gateway, 6, "+47 555")}`);
console.log(`order 6 once more: ${await sendSms(gateway, 6, "+47 555")}`);
server.close();
server.closeAllConnections();
await new Promise((resolve) => server.once("close", resolve));
console.log(`order 7: ${await sendSms(gateway, 7, "+47 555")}`);

/* Prints:
5 orders, each told twice at once: 5 calls, 0 too fast
order 1 once more: not sent again (completed)
order 6: no answer: it may have been sent
order 6 once more: not sent again (unknown)
order 7: the gateway is away
*/
