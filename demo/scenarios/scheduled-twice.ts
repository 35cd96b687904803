import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import type { Scenario } from "../scenario.js";
import { token } from "../stage.js";

const channel = "@daily_digest";
const text = "Digest of the day: three things worth reading.";

export const scheduledTwice: Scenario = {
  title: "scheduler fires twice",
  story: "A scheduler fires the same job twice at the same moment, and the job posts to a channel.",
  sideBySide: true,

  async play(stage) {
    const bot = new Bot(token, stage.config);
    if (stage.guarded) install(bot); // the only difference

    const post = () => bot.api.sendMessage(channel, text);

    // Two timers stand in for a cron library: all that matters is that one job is called twice at one time.
    const fired = await Promise.all([atTime(200, post), atTime(200, post)]);
    const posts = stage.telegram.ledger.count({ chat: channel });
    const ids = [...new Set(fired.map(({ message_id }) => message_id))];
    return {
      intended: [{ chat: channel, text }],
      told: `the channel shows ${posts === 1 ? "one post" : `${posts} posts`}; the two calls were given message ${ids.join(" and ")}.`,
    };
  },

  claims: (plain) => [["without Sendonce the post appears twice", plain.doubled > 0]],
};

const atTime = <T>(ms: number, job: () => Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    setTimeout(() => job().then(resolve, reject), ms);
  });
