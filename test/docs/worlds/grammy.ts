import type { ConversationFlavor } from "@grammyjs/conversations";
import { type Bot, type Context, InputFile } from "grammy";

export { autoRetry } from "@grammyjs/auto-retry";
export { type Conversation, type ConversationFlavor, conversations } from "@grammyjs/conversations";
export { type HydrateFlavor, hydrateApi } from "@grammyjs/hydrate";
export { apiThrottler } from "@grammyjs/transformer-throttler";
export {
  broadcast,
  createGuard,
  delivery,
  deliveryOf,
  install,
  isSendonceRefusal,
  outsideUpdate,
  reliability,
  withDelivery,
} from "@sendonce/grammy";
export { Api, Bot, type Context, GrammyError, InputFile, webhookCallback } from "grammy";
export * from "./shared.js";

export type MyContext = ConversationFlavor<Context>;
export declare const bot: Bot;
export declare const ctx: Context;
export const file = new InputFile("picture.png");
