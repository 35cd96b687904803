import { autoRetry } from "@grammyjs/auto-retry";
import { delivery, install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { writeInTurn } from "../people.js";
import { showProgress } from "../progress.js";
import type { Scenario } from "../scenario.js";
import { token } from "../stage.js";
import { type Intended, tally } from "../tally.js";

const readers = Array.from({ length: 200 }, (_, i) => 1_001 + i);
const chatting = readers.slice(0, 10);
const news = "Version 2 is out!";
/** Each of the ten writes three times, spread over the seven seconds that the broadcast takes. */
const rounds = 3;
const roundMs = 2_500;
/** More than a slow machine needs for an answer, less than a turn behind the broadcast would take. */
const noticeableMs = 2_000;

/**
 * Both sides use auto-retry, as grammY's documentation advises, so that the comparison is fair: the plain bot
 * gets everything out in the end. Without auto-retry it would lose most of it: 149 of 230 when tried.
 */
export const broadcast: Scenario = {
  title: "broadcast to 200 chats",
  story:
    "The bot sends news to 200 chats, all at once and with auto-retry, while ten people chat with it; Telegram takes about 30 messages per second.",
  sideBySide: false,

  async play(stage) {
    const bot = new Bot(token, stage.config);
    if (stage.guarded) install(bot); // the only difference
    bot.api.config.use(autoRetry());

    bot.on("message:text", (ctx) => ctx.reply(`You said: ${ctx.message.text}`));
    // plain grammY takes no notice of delivery()
    const sendNews = (chat: number) => bot.api.sendMessage(chat, news, delivery({ priority: "bulk" }));

    await stage.serve(bot);
    const { ledger } = stage.telegram;
    const intended: Intended[] = readers.map((chat) => ({ chat, text: news }));
    const bar = showProgress(stage.guarded, readers.length, () => ({
      ...tally(ledger, intended),
      done: ledger.count({ text: news }),
    }));
    const startedAt = performance.now();
    try {
      const sent = Promise.allSettled(readers.map(sendNews)).then(() => performance.now() - startedAt);
      await writeInTurn(stage, chatting, { rounds, roundMs }, intended);
      const tookMs = await sent;
      await stage.quiet(30_000);
      const { floods, longestReplyMs = 0 } = tally(ledger, intended);
      return {
        intended,
        told: `sent in ${(tookMs / 1000).toFixed(1)} s with ${floods} refusals (429); people who chatted waited up to ${longestReplyMs.toLocaleString("en-US")} ms for an answer.`,
      };
    } finally {
      bar.stop();
    }
  },

  // How long the plain bot's people wait is luck, so no claim compares with it.
  claims: (plain, guarded) => [
    ["without Sendonce the broadcast runs into 429s", plain.floods > 0],
    // None, unless the machine stands still and lets go in one moment what had its turns one after another.
    ["with Sendonce it does not, or once where it would fifty times", 50 * guarded.floods <= plain.floods],
    ["with Sendonce nobody waits for an answer because of it", (guarded.longestReplyMs ?? 0) < noticeableMs],
  ],
};
