import type { Context, Scenes, Telegraf } from "telegraf";

export { Module, type OnApplicationBootstrap, type OnModuleInit } from "@nestjs/common";
export {
  broadcast,
  createGuard,
  delivery,
  deliveryOf,
  install,
  isSendonceRefusal,
  limitsFromThrottler,
  outsideUpdate,
  reliability,
  withDelivery,
} from "@sendonce/telegraf";
export { InjectBot, TelegrafModule } from "nestjs-telegraf";
export { Scenes, session, Telegraf, TelegramError } from "telegraf";
export { telegrafThrottler } from "telegraf-throttler";
export * from "./shared.js";

/** A context with a wizard and a session that counts. */
export interface MyContext extends Context {
  session: Scenes.WizardSession & { count: number };
  scene: Scenes.SceneContextScene<MyContext, Scenes.WizardSessionData>;
  wizard: Scenes.WizardContextWizard<MyContext>;
}
export declare const bot: Telegraf<MyContext>;
export declare const ctx: MyContext;
export declare const stage: Scenes.Stage<MyContext>;
export declare const config: { out: { reservoir: number } };
export declare class Shop {}
