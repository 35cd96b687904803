import { autoRetry } from "@grammyjs/auto-retry";
import { type FileFlavor, hydrateFiles } from "@grammyjs/files";
import { type HydrateFlavor, hydrate, hydrateApi } from "@grammyjs/hydrate";
import { Menu } from "@grammyjs/menu";
import { b, fmt, i } from "@grammyjs/parse-mode";
import { sequentialize } from "@grammyjs/runner";
import { type StreamFlavor, stream } from "@grammyjs/stream";
import { apiThrottler } from "@grammyjs/transformer-throttler";
import type { Emulator } from "@sendonce/emulator";
import type { Bot, Context } from "grammy";
import { botAt, token } from "../../kit/telegram.js";

/** What somebody does to a bot. */
export type Saying = Omit<Parameters<Emulator["say"]>[1], "chat">;

/** One plugin in use. */
export interface Story {
  /** A fresh bot; `guard` puts Sendonce in, or does nothing, at the documented place. */
  readonly made: (emulator: Emulator, guard: (bot: Bot) => void) => Bot;
  readonly says: readonly Saying[];
}

/** @grammyjs/stream waits by `Promise.withResolvers`, which Node has from 22 on. */
function withResolversOnNode20(): void {
  const promises = Promise as unknown as { withResolvers?: () => object };
  promises.withResolvers ??= function withResolvers() {
    const settle: { resolve?: unknown; reject?: unknown } = {};
    const promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
    return { promise, ...settle };
  };
}

const guardedFirst = <C extends Context>(emulator: Emulator, guard: (bot: Bot) => void): Bot<C> => {
  const bot = botAt<C>(emulator);
  guard(bot as unknown as Bot);
  return bot;
};

const echo = (bot: Bot): Bot => {
  bot.on("message", async (ctx) => {
    await ctx.reply(`You said ${ctx.message.text}`);
    await ctx.reply("That is all.");
  });
  return bot;
};

/** grammY's Context has optional fields that HydrateFlavor spells otherwise under exactOptionalPropertyTypes. */
type Hydrated = Pick<HydrateFlavor<Context>, "reply"> & Context;

/** By plugin. */
export const stories: Readonly<Record<string, Story>> = {
  menu: {
    made: (emulator, guard) => {
      const bot = guardedFirst(emulator, guard);
      const drinks = new Menu("drinks")
        .text("Coffee", async (ctx) => {
          await ctx.reply("One coffee.");
          ctx.menu.close();
        })
        .dynamic((_, range) => range.text("Tea", (ctx) => ctx.reply("One tea.")));
      bot.use(drinks);
      bot.command("start", (ctx) => ctx.reply("What would you like?", { reply_markup: drinks }));
      return bot;
    },
    says: [{ text: "/start" }, { callback: { label: "Tea" } }, { callback: { label: "Coffee" } }],
  },
  hydrate: {
    made: (emulator, guard) => {
      const bot = guardedFirst<Hydrated>(emulator, guard);
      bot.api.config.use(hydrateApi());
      bot.use(hydrate() as never);
      bot.on("message", async (ctx) => {
        const status = await ctx.reply(`${ctx.message.text} …`);
        await status.editText(`Done: ${ctx.message.text}`);
        await status.forward(8);
      });
      return bot as unknown as Bot;
    },
    says: [{ text: "one" }, { text: "two" }],
  },
  files: {
    made: (emulator, guard) => {
      const bot = guardedFirst<FileFlavor<Context>>(emulator, guard);
      bot.api.config.use(hydrateFiles(token, { apiRoot: emulator.url }));
      bot.on("message:document", async (ctx) => {
        const file = await ctx.getFile();
        const text = await (await fetch(file.getUrl())).text();
        await ctx.reply(`It says ${text}`);
      });
      return bot as unknown as Bot;
    },
    says: [{ document: { filename: "a.txt", bytes: Buffer.from("ahoy") } }],
  },
  stream: {
    made: (emulator, guard) => {
      withResolversOnNode20();
      const bot = guardedFirst<StreamFlavor<Context>>(emulator, guard);
      bot.use(stream());
      async function* model(question = "") {
        for (const word of ["You ", "asked: ", question]) yield word;
      }
      bot.on("message", (ctx) => ctx.replyWithStream(model(ctx.message.text)));
      return bot as unknown as Bot;
    },
    says: [{ text: "why?" }],
  },
  "runner's sequentialize": {
    made: (emulator, guard) => {
      const bot = guardedFirst(emulator, guard);
      bot.use(sequentialize((ctx) => String(ctx.chatId)));
      return echo(bot);
    },
    says: [{ text: "one" }, { text: "two" }],
  },
  "parse-mode": {
    made: (emulator, guard) => {
      const bot = guardedFirst(emulator, guard);
      bot.on("message", async (ctx) => {
        const { text, entities } = fmt`${b}${ctx.message.text ?? ""}${b}, ${i}daily${i}`;
        await ctx.reply(text, { entities });
        await ctx.reply(text);
      });
      return bot;
    },
    says: [{ text: "Skye" }],
  },
  "auto-retry": {
    made: (emulator, guard) => {
      const bot = guardedFirst(emulator, guard);
      bot.api.config.use(autoRetry());
      return echo(bot);
    },
    says: [{ text: "one" }, { text: "two" }],
  },
  "transformer-throttler": {
    made: (emulator, guard) => {
      const bot = guardedFirst(emulator, guard);
      bot.api.config.use(
        apiThrottler({ out: { minTime: 1 }, group: { minTime: 1 }, global: { minTime: 1 } }),
      );
      return echo(bot);
    },
    says: [{ text: "one" }, { text: "two" }],
  },
};
