import type { Scenario } from "../../scenario.js";
import { Fleet } from "../fleet.js";

const channel = "@daily_digest";
const text = "Digest of the day: three things worth reading.";

export const cron = (redisUrl: string): Scenario => ({
  title: "cron on three machines",
  story: "The same crontab is on every machine: at the same moment each process posts to a channel.",
  sideBySide: true,

  async play(stage) {
    const fleet = await Fleet.start(stage, redisUrl);
    try {
      const at = Date.now() + 300;
      await fleet.do(() => ({ kind: "post", chat: channel, text, at }));
      const posts = stage.telegram.ledger.count({ chat: channel });
      return {
        intended: [{ chat: channel, text }],
        told: `three processes posted; the channel shows ${posts === 1 ? "one post" : `${posts} posts`}.`,
        warnings: fleet.warnings,
      };
    } finally {
      await fleet.close();
    }
  },

  claims: (plain) => [["without Sendonce every machine's post appears", plain.doubled === 2]],
});
