/**
 * The news to everybody, with a picture: written for each, at the pace that Telegram allows, stopped in the middle
 * and run again. Nobody gets it twice, who cannot be reached is told once, and the picture is uploaded once.
 * Nobody would want to be a recipient of this on the real Telegram: it always runs on a local one.
 *
 *     npx tsx examples/broadcast.ts
 */
import { createEmulator } from "@sendonce/emulator";
import { type BroadcastFailure, broadcast, install } from "@sendonce/grammy";
import { Bot, InputFile } from "grammy";

const telegram = createEmulator();
const { url: apiRoot } = await telegram.listen();
const token = "4242:local";

const bot = install(new Bot(token, { client: { apiRoot } }));

interface Subscriber {
  readonly chat_id: number;
  readonly name: string;
}

/** As a cursor of a database hands them out: one by one. A million of them would take no more memory. */
async function* subscribers(): AsyncGenerator<Subscriber> {
  for (let n = 1; n <= 90; n++) yield { chat_id: 1_000 + n, name: `Reader ${n}` };
  yield { chat_id: -77, name: "everybody in the group" };
}

const picture = new InputFile(Buffer.from("a harbour at dawn"), "harbour.jpg");
const letter = ({ name }: Subscriber) => ({ photo: picture, caption: `Good morning, ${name}!` });

/** Who blocked the bot need not be asked again tomorrow. */
const forget = ({ recipient, kind }: BroadcastFailure<Subscriber>) =>
  console.log(`${recipient.name}: ${kind}`);

/** Under one id, in this process or another, today or after a crash: whoever has it does not get it again. */
const sendNews = () =>
  broadcast(bot, subscribers(), letter, {
    id: "news-2026-05-14",
    total: 91,
    onFailed: forget,
    onMigrated: ({ recipient, to }) => console.log(`${recipient.name} is now at ${to}`),
  });

// Everything above is a job as you would write it. This is what happens to it:
telegram.chat(1_085, { blocked: true });
telegram.migrate(token, -77);

const first = sendNews();
for await (const { done } of first) if (done >= 10) first.abort();
const { state, sent } = await first;
console.log(`The first run: ${state}, not yet everybody: ${sent < 90}`);

const last = await sendNews();
console.log(`The second run: ${last.state}, ${last.done} of ${last.total}, ${last.failed} not reached`);
console.log(
  `It sent what the first had not: ${sent + last.sent} in all, ${telegram.ledger.doubled().length} twice`,
);
const uploads = telegram.ledger.received().filter(({ payload }) => typeof payload.photo === "object");
console.log(`Pictures uploaded: ${uploads.length}`);
await telegram.close();

/* Prints:
The first run: aborted, not yet everybody: true
Reader 85: blocked
everybody in the group is now at -1000000000077
The second run: done, 91 of 91, 1 not reached
It sent what the first had not: 90 in all, 0 twice
Pictures uploaded: 1
*/
