/**
 * Analytics that count what happened, not how often a handler ran. The kitchen fails after the event was told, so
 * Telegram delivers the update again: Bob's order is counted once, as his reply comes once.
 *
 *     npx tsx examples/analytics-events.ts
 */
import { IdempotencyGuard, install } from "@sendonce/grammy";
import { Bot, type Context, webhookCallback } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

/** As long as Telegram may deliver an update again. In several processes: the store that the bot has. */
const idempotency = new IdempotencyGuard({ ttlMs: 24 * 3_600_000 });

/** Tells an event once per update, however often that is handled. Analytics that are away stop no handler. */
async function track(ctx: Context, event: string): Promise<void> {
  const key = idempotency.generateKey([ctx.me.id, ctx.update.update_id, event]);
  const start = await idempotency.markOperationStart(key);
  if (!start.started) return;
  const told = await analytics(event).then(
    () => true,
    () => false,
  );
  // Not told is perhaps: here one event too few is better than one too many. The other way round, leave out `unknown`.
  if (told) await idempotency.markOperationComplete(key, start.owner);
  else await idempotency.markOperationFailed(key, start.owner, { unknown: true });
}

bot.command("order", async (ctx) => {
  await ctx.reply("One fish soup, coming up.");
  await track(ctx, "ordered");
  await cook();
  await track(ctx, "cooked");
});

// Everything above is a bot as you would write it. This is what happens to it:
/** Stands in for the service that counts. */
const counted: Record<string, number> = {};
async function analytics(event: string): Promise<void> {
  counted[event] = (counted[event] ?? 0) + 1;
}

let pots = 0;
async function cook(): Promise<void> {
  if (++pots === 1) throw new Error("no gas");
}

await telegram.serve(webhookCallback(bot, "http"));
await telegram.says("Bob", "/order");
await telegram.says("Ann", "/order");
await telegram.close();
console.log(`ordered: ${counted.ordered}, cooked: ${counted.cooked}, pots on the stove: ${pots}`);

/* Prints:
Bob writes /order
    Bob receives One fish soup, coming up.
Ann writes /order
    Ann receives One fish soup, coming up.
ordered: 2, cooked: 2, pots on the stove: 3
*/
