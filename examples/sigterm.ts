/**
 * A deploy: the host sends SIGTERM while one message is on its way and others wait for their turn. The bot takes no more,
 * lets the open request end, gives the turns back and goes, in far less than the ten seconds that containers get.
 * What was not sent is told, not lost: here the next process sends it, and nobody gets anything twice.
 *
 *     npx tsx examples/sigterm.ts
 */
import { once } from "node:events";
import { createEmulator } from "@sendonce/emulator";
import { createGuard, delivery, install, isSendonceRefusal, memoryStore, window } from "@sendonce/grammy";
import { Bot } from "grammy";

const telegram = createEmulator({ limits: false });
const { url: apiRoot } = await telegram.listen();
const token = "4242:local";
/** What both processes share is a Redis in real life. */
const store = memoryStore();

/** The same program, started once more by each deploy. */
function start() {
  // Telegram's own is 20 a minute; nobody should have to wait a minute for an example.
  const guard = createGuard({ store, limits: { group: window({ limit: 20, perMs: 5_000 }) } });
  const bot = install(new Bot(token, { client: { apiRoot } }), guard);
  /** Before the host kills it: no more updates, then no more messages. */
  const end = async () => {
    if (bot.isRunning()) await bot.stop();
    await guard.close({ timeoutMs: 8_000 });
  };
  return { bot, end };
}

/** Five of these have to wait. */
const minutes = Array.from({ length: 25 }, (_, i) => `Minutes of the meeting, page ${i + 1}`);

async function publish(bot: Bot, pages: readonly string[]): Promise<string[]> {
  const unsent: string[] = [];
  const send = async (page: string) => {
    try {
      await bot.api.sendMessage(-77, page, { ...delivery({ key: page }) });
    } catch (error) {
      if (!isSendonceRefusal(error)) throw error;
      unsent.push(page);
    }
  };
  await Promise.all(pages.map(send));
  return unsent;
}

// Everything above is a job as you would write it. This is what happens to it:
const old = start();
const publishing = publish(old.bot, minutes);
while (telegram.ledger.count() < 20) await new Promise((resolve) => setTimeout(resolve, 5));

const asked = once(process, "SIGTERM");
process.kill(process.pid, "SIGTERM");
await asked;
const told = performance.now();
await old.end();
const unsent = await publishing;
console.log(`Ended within three seconds: ${performance.now() - told < 3_000}`);
console.log(`Sent: ${telegram.ledger.count()}, left for the next: ${unsent.length}`);

const next = start();
await publish(next.bot, minutes);
console.log(`Received: ${telegram.ledger.count()}, twice: ${telegram.ledger.doubled().length}`);
await next.end();
await telegram.close();

/* Prints:
Ended within three seconds: true
Sent: 20, left for the next: 5
Received: 25, twice: 0
*/
