import { botIdOf, type Guard, guardFetch } from "@sendonce/core";
import { createGuard, type GuardOptions, install } from "@sendonce/grammy";
import { install as installTelegraf } from "@sendonce/telegraf";
import { Bot } from "grammy";
import { Telegraf } from "telegraf";
import { botInfo, token } from "../kit/telegram.js";

/** Where the Bot API is found. */
export interface Place {
  readonly apiRoot: string;
  readonly isTest?: boolean;
}

/** What Telegram said no with, as the framework's own error tells it. */
export interface Refused {
  readonly code: number | undefined;
  readonly parameters: unknown;
}

/** A guarded bot, whatever the framework. */
export interface GuardedBot {
  readonly guard: Guard;
  call<T = { message_id: number }>(method: string, payload: object): Promise<T>;
  /** Handles an update as polling and webhooks do: `handler` is what every update is for. */
  handle(update: object, handler: () => Promise<unknown>): Promise<void>;
  refused(error: unknown): Refused;
}

/** One way to write a bot. */
export interface Dialect {
  readonly name: string;
  open(place: Place, options?: GuardOptions): GuardedBot;
}

/** Warnings are not what these tests look at. */
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const grammy: Dialect = {
  name: "grammY",
  open({ apiRoot, isTest }, options) {
    const guard = createGuard({ logger: silent, ...options });
    const client = { apiRoot, environment: isTest ? ("test" as const) : ("prod" as const) };
    const bot = install(new Bot(token, { botInfo, client }), guard);
    let current: () => Promise<unknown>;
    bot.use(() => current());
    return {
      guard,
      // A method without parameters takes no payload: grammY reads a second `{}` as an abort signal.
      call: (method, payload) =>
        (bot.api.raw as unknown as RawApi)[method]!(...(isEmpty(payload) ? [] : [payload])) as never,
      handle(update, handler) {
        current = handler;
        return bot.handleUpdate(update as never);
      },
      refused: (error) => {
        const { error_code: code, parameters } = error as { error_code?: number; parameters?: unknown };
        return { code, parameters };
      },
    };
  },
};

type RawApi = Record<string, (...payload: object[]) => Promise<unknown>>;

const isEmpty = (payload: object): boolean => Object.keys(payload).length === 0;

const telegraf: Dialect = {
  name: "Telegraf",
  open({ apiRoot, isTest = false }, options) {
    const guard = createGuard({ logger: silent, ...options });
    // Telegraf resolves methods against apiRoot as a browser does: without the slash a path would be cut off.
    const bot = new Telegraf(token, { telegram: { apiRoot: `${apiRoot}/`, testEnv: isTest } });
    bot.botInfo = botInfo as unknown as NonNullable<Telegraf["botInfo"]>;
    installTelegraf(bot, guard);
    let current: () => Promise<unknown>;
    bot.use(() => current());
    bot.catch((error) => {
      throw error;
    });
    return {
      guard,
      call: (method, payload) => bot.telegram.callApi(method as never, payload as never) as never,
      handle(update, handler) {
        current = handler;
        return bot.handleUpdate(update as never);
      },
      refused: (error) => {
        const { response } = error as { response?: { error_code?: number; parameters?: unknown } };
        return { code: response?.error_code, parameters: response?.parameters };
      },
    };
  },
};

const plainFetch: Dialect = {
  name: "guarded fetch",
  open({ apiRoot, isTest }, options) {
    const guard = createGuard({ logger: silent, ...options });
    const send = guardFetch(fetch, guard);
    return {
      guard,
      async call(method, payload) {
        const response = await send(`${apiRoot}/bot${token}${isTest ? "/test" : ""}/${method}`, {
          ...symbolsOf(payload),
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(payload),
        });
        const answer = (await response.json()) as Answer;
        if (answer.ok) return answer.result as never;
        throw Object.assign(new Error(answer.description), { answer });
      },
      async handle(update, handler) {
        const { update_id: updateId, ...content } = update as { update_id: number };
        const [{ from }] = Object.values(content) as unknown as [{ from?: { id: number } }];
        await guard.handleUpdate({ bot: botIdOf(token), updateId, userId: from?.id }, handler);
      },
      refused: (error) => {
        const { answer } = error as { answer?: Partial<Answer> };
        return { code: answer?.error_code, parameters: answer?.parameters };
      },
    };
  },
};

interface Answer {
  ok: boolean;
  result: unknown;
  description: string;
  error_code: number;
  parameters: unknown;
}

/** What `delivery()` carries: a plain fetch takes it beside the body. */
const symbolsOf = (payload: object): object =>
  Object.fromEntries(
    Object.getOwnPropertySymbols(payload).map((name) => [name, payload[name as keyof object]]),
  );

/** Every dialect there is. */
export const dialects: readonly Dialect[] = [grammy, telegraf, plainFetch];
