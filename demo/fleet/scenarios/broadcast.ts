import { writeInTurn } from "../../people.js";
import { showProgress } from "../../progress.js";
import type { Scenario } from "../../scenario.js";
import { type Intended, tally } from "../../tally.js";
import { Fleet } from "../fleet.js";

const readers = Array.from({ length: 150 }, (_, i) => 1_001 + i);
const chatting = readers.slice(0, 10);
const news = "Version 2 is out!";
/** Each of the ten writes twice, while the broadcast goes on. */
const rounds = 2;
const roundMs = 2_500;
/** More than a slow machine needs for an answer, less than a turn behind the broadcast would take. */
const noticeableMs = 2_000;

/** Both sides use auto-retry, as grammY's documentation advises, so that the plain bot gets everything out. */
export const broadcast = (redisUrl: string): Scenario => ({
  title: "broadcast by three processes",
  story:
    "Every process runs through the same list of 150 chats, all at once and with auto-retry, while ten people chat with the bot; Telegram takes about 30 messages per second from all of them together.",
  sideBySide: false,

  async play(stage) {
    const fleet = await Fleet.start(stage, redisUrl);
    const { ledger } = stage.telegram;
    const intended: Intended[] = readers.map((chat) => ({ chat, text: news }));
    const served = () =>
      new Set(ledger.received().flatMap(({ chat, text }) => (text === news ? [chat] : []))).size;
    const bar = showProgress(stage.guarded, readers.length, () => ({
      ...tally(ledger, intended),
      done: served(),
    }));
    try {
      const startedAt = performance.now();
      const sent = fleet.do(() => ({ kind: "broadcast", chats: readers, text: news, width: readers.length }));
      const [tookMs] = await Promise.all([
        sent.then(() => performance.now() - startedAt),
        writeInTurn(stage, chatting, { rounds, roundMs }, intended),
      ]);
      await stage.quiet(30_000);
      const { floods, longestReplyMs = 0 } = tally(ledger, intended);
      return {
        intended,
        told: `${readers.length} chats got ${ledger.count({ text: news })} messages in ${(tookMs / 1000).toFixed(1)} s with ${floods} refusals (429); people who chatted waited up to ${longestReplyMs.toLocaleString("en-US")} ms for an answer.`,
        warnings: fleet.warnings,
      };
    } finally {
      bar.stop();
      await fleet.close();
    }
  },

  // How long the plain bot's people wait is luck, so no claim compares with it.
  claims: (plain, guarded) => [
    ["without Sendonce every chat gets the news three times", plain.doubled >= 2 * readers.length],
    ["without Sendonce the broadcast runs into 429s", plain.floods > 0],
    ["with Sendonce it does not", guarded.floods === 0],
    ["with Sendonce nobody waits for an answer because of it", (guarded.longestReplyMs ?? 0) < noticeableMs],
  ],
});
