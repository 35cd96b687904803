/**
 * A third-party API that allows three calls in any half second, and a bot command that a user may use once a
 * minute. `TokenBucketRateLimiter` works alone, for anything; with a Redis store, for all processes.
 *
 *     npx tsx examples/parts-limiter.ts
 */
import { TokenBucketRateLimiter, window } from "@sendonce/core";

const limiter = new TokenBucketRateLimiter();
const weatherApi = window({ limit: 3, perMs: 500 });

// Waiting is a reserved turn: first come, first served, each asleep until its turn. Nobody polls or gives up.
const cities = ["Oslo", "Rome", "Bern", "Riga", "Kyiv"];
await Promise.all(
  cities.map(async (city) => {
    const { waitedMs } = await limiter.acquireWithDelay("weather-api", weatherApi);
    console.log(`${city}: asked ${waitedMs > 100 ? "when its turn came" : "at once"}`);
  }),
);

// What may not wait asks, and gets an answer at once.
const { acquired, retryAfterMs } = await limiter.acquireWithDelay("weather-api", weatherApi, 3, {
  maxWaitMs: 100,
});
console.log(acquired ? "asked" : `too far away: more than 100 ms (${retryAfterMs > 100})`);

// By type: the very limit that the guard keeps for that chat, bot or user, where both share a namespace.
const user = 42;
console.log("first use: ", (await limiter.acquire(user, "USER")).acquired);
console.log("second use:", (await limiter.acquire(user, "USER")).acquired);
await limiter.resetBucket(user, "USER");
console.log("forgiven:  ", (await limiter.acquire(user, "USER")).acquired);

/* Prints:
Oslo: asked at once
Rome: asked at once
Bern: asked at once
Riga: asked when its turn came
Kyiv: asked when its turn came
too far away: more than 100 ms (true)
first use:  true
second use: false
forgiven:   true
*/
