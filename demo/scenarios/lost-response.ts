import { autoRetry } from "@grammyjs/auto-retry";
import { install } from "@sendonce/grammy";
import { Bot, GrammyError } from "grammy";
import type { Scenario } from "../scenario.js";
import { token } from "../stage.js";

export const lostResponse: Scenario = {
  title: "lost response, auto-retry",
  story:
    "Telegram sends a reply, but the connection breaks before the bot hears of it; the bot uses @grammyjs/auto-retry with its defaults, which sends again after 3 s.",
  sideBySide: true,

  async play(stage) {
    const bot = new Bot(token, stage.config);
    if (stage.guarded) install(bot); // the only difference
    bot.api.config.use(autoRetry());

    const conflicts: string[] = [];
    bot.on("message:text", async (ctx) => {
      try {
        await ctx.reply(`Noted: ${ctx.message.text}.`);
      } catch (error) {
        if (error instanceof GrammyError && error.error_code === 409) conflicts.push(error.description);
        throw error;
      }
    });

    await stage.serve(bot);
    stage.telegram.fault({ kind: "cut-after", method: "sendMessage" });
    const first = stage.say(7, "two pizzas");
    await stage.quiet();
    const next = stage.say(7, "and a salad");
    await stage.quiet();
    const copies = stage.telegram.ledger.count({ chat: 7, text: "Noted: two pizzas." });
    const conflict = conflicts[0] === undefined ? "" : ` The handler was told: "${firstWords(conflicts[0])}"`;
    return {
      intended: [
        { chat: 7, text: "Noted: two pizzas.", askedAt: first },
        { chat: 7, text: "Noted: and a salad.", askedAt: next },
      ],
      told: `the reply was received ${copies === 1 ? "once" : `${copies} times`}, and the chat goes on.${conflict}`,
      conflicts: conflicts.length,
    };
  },

  claims: (plain, guarded) => [
    ["without Sendonce auto-retry repeats the reply", plain.doubled > 0],
    ["with Sendonce the handler is told once, by a 409", guarded.conflicts === 1],
  ],
};

/** The first sentence. */
const firstWords = (text: string): string => `${text.split(/\. /)[0]}.`;
