import type { Api, Bot } from "grammy";

// biome-ignore lint/suspicious/noExplicitAny: bots and apis of every flavour
export type AnyBot = Bot<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: bots and apis of every flavour
export type AnyApi = Api<any>;

/** By shape: a bot may come from another copy of grammY. */
export const isBot = (target: AnyBot | AnyApi | undefined): target is AnyBot =>
  typeof (target as Partial<AnyBot> | undefined)?.handleUpdate === "function";
