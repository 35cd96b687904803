import type { AdapterBinding, BotPlace, MakeCall, SaidError } from "@sendonce/core/testing";
import { install, reliability } from "@sendonce/telegraf";
import { Telegraf, type Telegram, TelegramError } from "telegraf";

type LooseCallApi = (method: string, payload: object, options?: { signal?: AbortSignal }) => Promise<unknown>;

function callsOf(telegram: Telegram): MakeCall {
  return (method, payload, signal) =>
    (telegram.callApi as unknown as LooseCallApi).call(telegram, method, payload, signal && { signal });
}

/** A Telegraf bot, guarded by `guarded` as often as it is told. */
function telegraf(name: string, guarded: (bot: Telegraf, place: BotPlace) => void): AdapterBinding {
  return {
    name,
    files: {
      bytes: (data, filename) => ({ source: Buffer.from(data), filename }),
      path: (path) => ({ source: path }),
      url: (href) => ({ url: href }),
      stream: (stream, filename) => ({ source: stream, filename }),
    },
    open(place) {
      const bot = new Telegraf(place.token, { telegram: { apiRoot: place.url } });
      bot.botInfo = place.me as NonNullable<typeof bot.botInfo>;
      // Telegraf's own way is to log the error and to spoil the exit code of the process.
      bot.catch((error) => {
        throw error;
      });
      for (let i = 0; i < place.installs; i++) guarded(bot, place);
      bot.use((ctx) =>
        place.onUpdate(ctx.update, {
          call: callsOf(ctx.telegram),
          reply: (text, extra) => ctx.reply(text, extra),
        }),
      );
      return {
        call: callsOf(bot.telegram),
        send: (chat, text, extra) => bot.telegram.sendMessage(chat, text, extra),
        handle: (update) => bot.handleUpdate(update as never),
      };
    },
    errorOf,
  };
}

/** By `install`: bot.telegram, every ctx and updates at once. */
export const telegrafByInstall = telegraf("Telegraf by install()", (bot, { guard }) => {
  install(bot, guard);
});

/** By the middleware, and `install` for bot.telegram alone. */
export const telegrafByMiddleware = telegraf("Telegraf by reliability()", (bot, { guard }) => {
  install(bot.telegram, guard);
  bot.use(reliability(guard).updates());
});

function errorOf(error: unknown): SaidError {
  if (error instanceof TelegramError) {
    const { code, description, parameters } = error;
    return { kind: "api", error_code: code, description, parameters };
  }
  const { name, type } = error as { name?: string; type?: string };
  if (name === "AbortError" && type === "aborted") return { kind: "aborted" };
  return { kind: name === "FetchError" ? "network" : "other" };
}
