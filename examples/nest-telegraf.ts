/**
 * A bot in NestJS, by nestjs-telegraf. Ann's order is delivered twice, as happens when a bot restarts before Telegram
 * knows how far it had come, and the nightly job runs on two machines: everybody receives everything once.
 *
 *     npx tsx examples/nest-telegraf.ts
 */
import "reflect-metadata";
import { Inject, Injectable, Module, type OnApplicationBootstrap, type OnModuleInit } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { install } from "@sendonce/telegraf";
import { Ctx, Hears, InjectBot, Start, TelegrafModule, Update } from "nestjs-telegraf";
import type { Context, Telegraf } from "telegraf";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot, channel } = telegram;

/** Writes to the channel by `bot.telegram`, from handlers and from jobs alike. */
@Injectable()
class News {
  constructor(@InjectBot() private readonly bot: Telegraf) {}

  publish(text: string) {
    return this.bot.telegram.sendMessage(channel, text);
  }
}

@Update()
class Shop {
  constructor(@Inject(News) private readonly news: News) {}

  @Start()
  welcome() {
    return "Welcome to the bakery."; // nestjs-telegraf replies with what a handler returns
  }

  @Hears("cake")
  async order(@Ctx() ctx: Context) {
    await ctx.reply("One cake, coming up.");
    await this.news.publish("A cake was sold.");
  }
}

@Module({
  imports: [
    // launchOptions: false, or the bot would take updates before install() has seen it.
    TelegrafModule.forRoot({ token, options: { telegram: { apiRoot } }, launchOptions: false }),
  ],
  providers: [News, Shop],
})
class BotModule implements OnModuleInit, OnApplicationBootstrap {
  constructor(@InjectBot() private readonly bot: Telegraf) {}

  onModuleInit() {
    install(this.bot); // the one line: it covers bot.telegram, ctx and every handler, whenever they are registered
  }

  onApplicationBootstrap() {
    void this.bot.launch();
  }
}

const app = await NestFactory.createApplicationContext(BotModule, { logger: ["error"] });

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.says("Ann", "/start");
await telegram.says("Ann", "cake");
await telegram.redelivers();

console.log("The nightly job runs, and on a second machine once more");
for (let machine = 1; machine <= 2; machine++) await app.get(News).publish("Fresh bread from six.");
telegram.shows();

await app.close();
await telegram.close();

/* Prints:
Ann writes /start
    Ann receives Welcome to the bakery.
Ann writes cake
    Ann receives One cake, coming up.
    @harbour_news receives A cake was sold.
Telegram delivers that once more
The nightly job runs, and on a second machine once more
    @harbour_news receives Fresh bread from six.
*/
