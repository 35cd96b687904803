import type { AdapterBinding, BotPlace, CallsInside, MakeCall, SaidError } from "@sendonce/core/testing";
import { install, reliability } from "@sendonce/grammy";
import { type Api, Bot, BotError, GrammyError, HttpError, InputFile } from "grammy";
import type { UserFromGetMe } from "grammy/types";

type RawCall = (...args: unknown[]) => Promise<unknown>;

/** `api.raw`, where getMe takes no payload. */
function callsOf(api: Api): MakeCall {
  const raw = api.raw as unknown as Record<string, RawCall>;
  return (method, payload, signal) =>
    method === "getMe" ? raw.getMe!(signal) : raw[method]!(payload, signal);
}

/** A grammY bot, guarded by `guarded` as often as it is told. */
function grammy(name: string, guarded: (bot: Bot, place: BotPlace) => void): AdapterBinding {
  return {
    name,
    files: {
      bytes: (data, filename) => new InputFile(data, filename),
      path: (path) => new InputFile(path),
      url: (href) => new InputFile(new URL(href)),
      stream: (stream, filename) => new InputFile(stream, filename),
    },
    open(place) {
      const { url, token, me, onUpdate } = place;
      const bot = new Bot(token, { botInfo: me as UserFromGetMe, client: { apiRoot: url } });
      for (let i = 0; i < place.installs; i++) guarded(bot, place);
      bot.use((ctx) => {
        const inside: CallsInside = {
          call: callsOf(ctx.api),
          reply: (text, extra) => ctx.reply(text, extra),
        };
        return onUpdate(ctx.update, inside);
      });
      return {
        call: callsOf(bot.api),
        send: (chat, text, extra) => bot.api.sendMessage(chat, text, extra),
        handle: (update) => bot.handleUpdate(update as never).catch(thrown),
      };
    },
    errorOf,
  };
}

/** By `install`: bot.api, ctx.api and updates at once. */
export const grammyByInstall = grammy("grammY by install()", (bot, { guard }) => void install(bot, guard));

/** By the transformer, and the update guard as middleware. */
export const grammyByTransformer = grammy("grammY by reliability()", (bot, { guard }) => {
  const sendonce = reliability(guard);
  bot.api.config.use(sendonce);
  bot.use(sendonce.updates());
});

/** What a handler threw, out of grammY's wrapping. */
function thrown(error: unknown): never {
  throw error instanceof BotError ? error.error : error;
}

function errorOf(error: unknown): SaidError {
  if (error instanceof GrammyError) {
    const { error_code, description, parameters } = error;
    return { kind: "api", error_code, description, parameters };
  }
  if (!(error instanceof HttpError)) return { kind: "other" };
  return { kind: (error.error as Error).name === "AbortError" ? "aborted" : "network" };
}
