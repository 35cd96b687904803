import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import type { Scenario } from "../scenario.js";
import { pause, token } from "../stage.js";

// A tenth of the real numbers: grammY gives up on a handler after 10 s, Telegram on a webhook after 60 s.
const timeoutMilliseconds = 1_000;
const webhookTimeoutMs = 6_000;
/** The payment provider answers nobody before this. */
const providerMs = 1_500;

export const slowWebhook: Scenario = {
  title: "slow webhook, redelivered",
  story:
    "A customer pays; the handler waits for a slow payment provider, the webhook times out, and Telegram delivers the same update again while the first run is still at it.",
  sideBySide: true,
  telegram: { webhookTimeoutMs },

  async play(stage) {
    const bot = new Bot(token, stage.config);
    if (stage.guarded) install(bot); // the only difference

    const provider = pause(providerMs);
    bot.command("pay", async (ctx) => {
      await provider;
      await ctx.reply("Paid! Here is your ticket.");
    });

    await stage.serve(bot, { timeoutMilliseconds });
    const askedAt = stage.say(7, "/pay");
    await stage.quiet();
    await pause(500); // the run that timed out is nobody's to wait for
    const deliveries = stage.telegram.deliveries(token).length;
    const tickets = stage.telegram.ledger.count({ chat: 7 });
    return {
      intended: [{ chat: 7, text: "Paid! Here is your ticket.", askedAt }],
      told: `Telegram delivered the update ${times(deliveries)}; the customer received ${tickets === 1 ? "one ticket" : `${tickets} tickets`}.`,
    };
  },

  claims: (plain) => [["without Sendonce the redelivery causes a second reply", plain.doubled > 0]],
};

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);
