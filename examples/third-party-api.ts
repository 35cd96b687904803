/**
 * A gateway for text messages, not Telegram: every call costs money, and it allows three in any 200 ms. The two parts
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
/** A call counts there when it arrives, and some are on their way for longer than others: leave room. */
const allowance = window({ limit: 3, perMs: 800 });

interface Sms {
  readonly order: number;
  readonly to: string;
}

async function sendSms(gateway: string, sms: Sms): Promise<string> {
  const key = idempotency.generateKey(["shipped", sms]);
  // Only to spare a duplicate the wait. The turn comes before the start: who dies while it waits has started nothing.
  const { duplicate, status } = await idempotency.isDuplicate(key);
  if (duplicate) return `not sent again (${status})`;
  const turn = await limiter.acquireWithDelay("calls", allowance, 1, { maxWaitMs: 5_000 });
  if (!turn.acquired) return `too busy, come again in ${turn.retryAfterMs} ms`;

  const start = await idempotency.markOperationStart(key);
  if (!start.started) return `not sent again (${start.status})`;
  const { said, ended } = await call(gateway, sms);
  if (ended === "sent") await idempotency.markOperationComplete(key, start.owner, said);
  else await idempotency.markOperationFailed(key, start.owner, { unknown: ended === "unknown" });
  return said;
}

/** One call. What proves that nothing was sent leaves the key free for the next try; what proves nothing does not. */
async function call(gateway: string, sms: Sms): Promise<{ said: string; ended: "sent" | "not" | "unknown" }> {
  try {
    const response = await fetch(gateway, { method: "POST", body: JSON.stringify(sms) });
    if (response.ok) return { said: `sent as ${await response.text()}`, ended: "sent" };
    return { said: `refused with ${response.status}`, ended: response.status < 500 ? "not" : "unknown" };
  } catch (error) {
    if (networkFacts(error).code === "ECONNREFUSED") return { said: "the gateway is away", ended: "not" };
    return { said: "no answer: it may have been sent", ended: "unknown" };
  }
}

// Everything above is code as you would write it. This is the gateway, and what happens:
const calls: number[] = [];
let tooFast = 0;
const server = createServer((request, response) => {
  if (request.method === "HEAD") return response.end();
  const now = performance.now();
  if (calls.filter((at) => now - at < 200).length >= 3) tooFast++;
  calls.push(now);
  if (calls.length === 6) return request.socket.destroy(); // sent and charged, but the answer is lost
  response.end(`sms-${calls.length}`);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const gateway = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

await fetch(gateway, { method: "HEAD" }); // the first of a process takes its time
const told = (order: number) => sendSms(gateway, { order, to: "+47 555" });
await Promise.all([1, 2, 3, 4, 5, 1].map(told));
console.log(`5 orders, one of them told twice at once: ${calls.length} calls, ${tooFast} too fast`);
console.log(`order 1 once more: ${await told(1)}`);
console.log(`order 6: ${await told(6)}`);
console.log(`order 6 once more: ${await told(6)}`);
server.close();
server.closeAllConnections();
await new Promise((resolve) => server.once("close", resolve));
console.log(`order 7: ${await told(7)}`);

/* Prints:
5 orders, one of them told twice at once: 5 calls, 0 too fast
order 1 once more: not sent again (completed)
order 6: no answer: it may have been sent
order 6 once more: not sent again (unknown)
order 7: the gateway is away
*/
