/**
 * A menu by @grammyjs/menu. Ann's press of a button is delivered twice, as happens when a bot restarts before
 * Telegram knows how far it had come: her coffee comes once.
 *
 *     npx tsx examples/grammy-menu.ts
 */
import { Menu } from "@grammyjs/menu";
import { install } from "@sendonce/grammy";
import { Bot } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot } = telegram;

const bot = install(new Bot(token, { client: { apiRoot } }));

const cakes = new Menu("cakes")
  .text("Apple pie", (ctx) => ctx.reply("One apple pie, coming up."))
  .back("Back");
const drinks = new Menu("drinks")
  .text("Coffee", (ctx) => ctx.reply("One coffee, coming up."))
  .submenu("Cakes", "cakes");
drinks.register(cakes);

bot.use(drinks);
bot.command("start", (ctx) => ctx.reply("What would you like?", { reply_markup: drinks }));

// Everything above is a bot as you would write it. This is what happens to it:
void bot.start();
await telegram.says("Ann", "/start");
await telegram.presses("Ann", "Coffee");
await telegram.redelivers();
await telegram.presses("Ann", "Cakes");
await telegram.presses("Ann", "Apple pie");
await bot.stop();
await telegram.close();

/* Prints:
Ann writes /start
    Ann receives What would you like?
Ann presses [Coffee]
    Ann receives One coffee, coming up.
Telegram delivers that once more
Ann presses [Cakes]
Ann presses [Apple pie]
    Ann receives One apple pie, coming up.
*/
