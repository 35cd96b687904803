import type { Readable } from "node:stream";
import type { Payload } from "../../call.js";
import type { Guard } from "../../guard.js";

/**
 * One adapter as the laws see it: how a bot behind it is opened, how its framework makes calls, handles updates
 * and speaks of failures. Everything else is the laws' business.
 *
 * @example
 * const none = "my framework has none";
 * const myBinding: AdapterBinding = {
 *   name: "my framework",
 *   lacks: { stream: none, url: none, send: none, reply: none },
 *   files: { bytes: (data, filename) => new MyFile(data, filename), path: (path) => new MyFile(path) },
 *   open({ url, token, guard, installs, onUpdate }) {
 *     const bot = new MyBot(token, { apiRoot: url });
 *     for (let i = 0; i < installs; i++) install(bot, guard);
 *     bot.use((ctx) => onUpdate(ctx.update, { call: (...call) => ctx.call(...call) }));
 *     return { call: (...call) => bot.call(...call), handle: (update) => bot.handleUpdate(update) };
 *   },
 *   errorOf: (error) => (error instanceof MyApiError ? { kind: "api", ...error.answer } : { kind: "network" }),
 * };
 */
export interface AdapterBinding {
  /** Shown before every law. */
  readonly name: string;
  /** What the framework has none of, and why: laws that need it are listed as exempt, with this reason, and counted. */
  readonly lacks?: { readonly [Part in AdapterPart]?: string };
  /** File values as users of the framework write them. */
  readonly files: AdapterFiles;
  /** Opens a bot; guarded `installs` times by `guard`, or not at all for 0. */
  open(place: BotPlace): AdapterBot | Promise<AdapterBot>;
  /** What an error says, told from the framework's own error classes alone. */
  errorOf(error: unknown): SaidError;
}

/** What some framework may lack. `deliveryOf`: results are the very objects that the guard answered. */
export type AdapterPart = keyof AdapterFiles | "send" | "reply" | "deliveryOf";

/** Makes file values. The content is always that of a document. */
export interface AdapterFiles {
  bytes?(data: Uint8Array, filename: string): unknown;
  path?(path: string): unknown;
  url?(href: string): unknown;
  stream?(stream: Readable, filename: string): unknown;
}

/** Where and as whom a bot is opened. */
export interface BotPlace {
  /** Root of the Bot API, without a trailing slash: requests go to `<url>/bot<token>/<method>`. */
  readonly url: string;
  readonly token: string;
  /** What getMe would answer, for frameworks that can be told. */
  readonly me: BotProfile;
  readonly guard: Guard;
  /** How often the adapter is put on: 0 leaves the framework alone; more than once must be like once. */
  readonly installs: number;
  /** The bot's one handler, for updates of every kind; what it throws is the handler's own. */
  onUpdate(update: LawUpdate, inside: CallsInside): Promise<void>;
}

/** A bot as getMe shows it. */
export interface BotProfile {
  readonly id: number;
  readonly is_bot: true;
  readonly first_name: string;
  readonly username: string;
}

/** An update, as Telegram sends it. */
export type LawUpdate = { readonly update_id: number };

/** Calls in the framework's own way: resolves with `result`, rejects with the framework's error. */
export type MakeCall = (method: string, payload: Payload, signal?: AbortSignal) => Promise<unknown>;

/** A bot of the framework. */
export interface AdapterBot {
  /** Any method, by name: `api.raw`, `callApi`, a plain request. */
  readonly call: MakeCall;
  /** The framework's short form of sendMessage outside handlers, such as `bot.api.sendMessage`. */
  send?(chat: number | string, text: string, extra: object): Promise<unknown>;
  /**
   * Runs an update through the bot, as polling or a webhook would. Rejects with what the handler threw,
   * unwrapped.
   */
  handle(update: LawUpdate): Promise<void>;
}

/** What a handler has at hand. */
export interface CallsInside {
  /** Any method, by way of the context where there is one. */
  readonly call: MakeCall;
  /** The framework's short form of an answer, such as `ctx.reply`. */
  reply?(text: string, extra: object): Promise<unknown>;
}

/** What an error says. */
export type SaidError =
  /** Telegram (or Sendonce in its dialect) answered no, in the framework's own error class. */
  | {
      readonly kind: "api";
      readonly error_code: number;
      readonly description: string;
      readonly parameters?: object | undefined;
    }
  /** No readable answer. */
  | { readonly kind: "network" }
  /** The caller's own signal. */
  | { readonly kind: "aborted" }
  /** None of the framework's. */
  | { readonly kind: "other" };
