/**
 * A scene. The answer to one of its messages is lost, and the bot tries a second time, as many do: that second call
 * is told "ambiguous" instead of sending the message again, and the scene goes on.
 *
 *     npx tsx examples/telegraf-scenes.ts
 */
import { install, isSendonceRefusal } from "@sendonce/telegraf";
import { Scenes, session, Telegraf } from "telegraf";
import { message } from "telegraf/filters";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Telegraf<Scenes.SceneContext>(token, { telegram: { apiRoot } }));

/** Tries twice. Nobody knows whether an ambiguous message arrived; here it may as well be missing. */
async function insist(send: () => Promise<unknown>): Promise<void> {
  try {
    await send();
  } catch {
    await send().catch((error: unknown) => {
      if (!isSendonceRefusal(error)) throw error;
      console.log(`    (the bot is told: ${error.parameters.sendonce.code})`);
    });
  }
}

const lost = new Scenes.BaseScene<Scenes.SceneContext>("lost-and-found");
lost.enter((ctx) => ctx.reply("What have you lost?"));
lost.on(message("text"), async (ctx) => {
  await insist(() => ctx.reply(`We shall look for your ${ctx.message.text}.`));
  await ctx.scene.leave();
});
lost.leave((ctx) => ctx.reply("Goodbye."));

bot.use(session());
bot.use(new Scenes.Stage([lost]).middleware());
bot.command("lost", (ctx) => ctx.scene.enter("lost-and-found"));

// Everything above is a bot as you would write it. This is what happens to it:
const running = bot.launch();
await telegram.says("Ann", "/lost");
telegram.losesAnswerTo("sendMessage");
await telegram.says("Ann", "umbrella");
bot.stop();
await running;
await telegram.close();

/* Prints:
Ann writes /lost
    Ann receives What have you lost?
Ann writes umbrella
    (the bot is told: ambiguous)
    Ann receives We shall look for your umbrella.
    Ann receives Goodbye.
*/
